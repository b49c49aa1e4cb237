/**
 * `elbow serve --models DIR`: serves every model in a folder over HTTP, until Ctrl-C or SIGTERM. Then requests in
 * progress are completed and new ones refused; after STOP_MS the remaining ones are cut off.
 */
import { Command } from "npm:commander@15.1.0";
import type { App, AppOptions, Scope, Token } from "../../http/mod.ts";
import type { JobQueue } from "../../storage/job_queue.ts";
import type { ModelIndex, ModelStore } from "../../storage/model_store.ts";
import { messageOf } from "../../core/errors.ts";
import { type Io, note, print } from "../io.ts";
import * as options from "../options.ts";
import { openFolderStore } from "../serve/folder_store.ts";
import { InFlight } from "../serve/in_flight.ts";
import { EXTENSION, placedModels } from "../serve/placed_models.ts";
import {
  addStorageOptions,
  addWorkOptions,
  isStorageNamed,
  openStorage,
  startWork,
  type StorageOptions,
  type WorkOptions,
} from "../serve/storage.ts";
import { readTokens } from "../serve/tokens.ts";
import { counted, jsonLine } from "../text/text.ts";

/** Milliseconds that requests have to end; platforms kill a process after five seconds. */
const STOP_MS = 2500;

/** Options as commander passes them. */
interface ServeOptions extends options.JsonOption, StorageOptions, WorkOptions {
  readonly models?: string;
  readonly host: string;
  readonly port: number;
  readonly tokens?: string;
  readonly rate?: number;
  readonly addressHeader?: string;
  readonly origins?: readonly string[];
  readonly train?: boolean;
}

export function serveCommand(io: Io): Command {
  const command = new Command("serve").summary("serve the models of a folder over HTTP")
    .description(
      "Serves every model of a folder under its file name without extension, until Ctrl-C.\n" +
        "Without --tokens anyone who can reach it may query models, and no one may change them.\n" +
        "Each line of the tokens file is a list of scopes (score, train, admin) and a token's SHA-256,\n" +
        "which printf %s TOKEN | sha256sum prints:\n" +
        "  score,admin 3f0a…\n" +
        "With --db, models and jobs are kept in one SQLite file, which workers may share.",
    )
    .option("--models <dir>", `folder of ${EXTENSION} files (this or another store is required)`)
    .option("--host <address>", "address to listen at", "127.0.0.1")
    .addOption(
      options.integerOption("--port <n>", "port; 0 takes a free one", { min: 0, max: 65535 })
        .default(8080),
    )
    .option("--tokens <file>", "file that says who may query models, and who may change them")
    .addOption(
      options.numberOption("--rate <n>", "requests a second for each token or address", {
        above: 0,
      }),
    )
    .option(
      "--address-header <name>",
      "header in which a proxy names the client, for --rate",
    )
    .addOption(options.namesOption("--origins <list>", "origins whose pages may call the server"))
    .option("--train", "run training jobs here, for tokens with the scope train")
    .option("--log", "write a line of JSON to standard error for each request and job step");
  addWorkOptions(addStorageOptions(command)).addOption(options.jsonOption());
  return command.action(async (given: ServeOptions) => {
    const tokens = given.tokens === undefined ? undefined : await readTokens(given.tokens);
    const scopes = new Set(tokens?.flatMap(({ scopes }) => scopes));
    if (given.train && !scopes.has("train")) {
      command.error(
        "error: option '--train' needs a token with the scope train in '--tokens <file>'",
      );
    }
    await serve(await storageOf(given, scopes, command, io), tokens, given, io);
  });
}

/** Where models are stored, and where jobs go if they are accepted. */
interface AppStorage {
  readonly models: ModelStore;
  readonly queue?: JobQueue;
}

async function storageOf(
  given: ServeOptions,
  scopes: ReadonlySet<Scope>,
  command: Command,
  io: Io,
): Promise<AppStorage> {
  if (isStorageNamed(given)) {
    if (given.models !== undefined) {
      command.error("error: option '--models <dir>' cannot be used with another store");
    }
    const { models, queue } = (await openStorage(given))!;
    return scopes.has("train") ? { models, queue } : { models };
  }
  const stores = "--models <dir>, --db <file> or --nats <urls>";
  const folder = options.required(given.models, stores, command).replace(/(?<=.)[/\\]+$/, "");
  const mayChange = scopes.has("admin") || given.train === true;
  const placed = await placedModels(folder, given, io);
  if (placed.length === 0 && !mayChange) {
    throw new TypeError(`Cannot serve ${folder}: it holds no ${EXTENSION} model`);
  }
  const models = await openFolderStore(folder, placed, mayChange);
  if (!given.train) return { models };
  return { models, queue: (await openStorage({ db: `${folder}/.elbow/jobs.db` }))!.queue };
}

async function serve(
  { models, queue }: AppStorage,
  tokens: readonly Token[] | undefined,
  given: ServeOptions,
  io: Io,
): Promise<void> {
  const { host, port, json, backend, origins, log, keepVersions } = given;
  const stopping = new AbortController();
  const app = await openApp({
    models,
    training: queue && { queue },
    tokens,
    origins,
    keepVersions,
    device: { backend },
    ...ratesOf(given),
    stopping: stopping.signal,
    log: log ? (entry) => io.stderr(`${JSON.stringify(entry)}\n`) : undefined,
    onError: (error) => note(io, `${error instanceof Error ? error.stack : error}`),
  });
  const working = given.train && queue
    ? startWork({ models, queue }, given, stopping.signal, io)
    : undefined;
  const inFlight = new InFlight();
  const { index } = await models.readIndex();
  const names = namesOf(index);
  const server = listening(host, port, () =>
    Deno.serve({
      hostname: host,
      port,
      onListen({ hostname, port }) {
        const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
        note(io, `${counted(names.length, "model")} at ${url}/v1/models, Ctrl-C to stop`);
        if (json) print(io, jsonLine({ url, models: names }));
      },
    }, (request, info) => inFlight.during(async () => await app.fetch(request, info))));
  await aborted(io.signal);
  stopping.abort();
  const timer = setTimeout(() => {
    note(io, "requests not answered in time are cut off");
    Deno.exit(0);
  }, STOP_MS);
  // The server's own shutdown cuts off bodies that are still being read.
  await inFlight.none();
  await Promise.all([server.shutdown(), working]);
  await queue?.close();
  clearTimeout(timer);
}

/** The app, imported on use: the other commands start without the HTTP packages. */
async function openApp(options: AppOptions): Promise<App> {
  const { createApp } = await import("../../http/mod.ts");
  const { secondLook } = await import("../../http/second_look.ts");
  const { csvRows } = await import("../../http/csv_rows.ts");
  return createApp({ ...options, secondLook, csvRows });
}

/** The names that can be queried: an index also holds the names of deleted models. */
function namesOf({ models }: ModelIndex): readonly string[] {
  return [...models].filter(([, { versions }]) => versions.length > 0).map(([name]) => name);
}

/** The rate limit, and how callers are identified. */
function ratesOf(
  { rate, addressHeader }: ServeOptions,
): Pick<AppOptions, "rateLimit" | "addressOf"> {
  return {
    ...(rate !== undefined && { rateLimit: { perSecond: rate, burst: Math.max(1, 2 * rate) } }),
    ...(addressHeader !== undefined && {
      addressOf: ({ headers }: Request) => headers.get(addressHeader) ?? "unknown",
    }),
  };
}

/** Names the address in the error, which the system's own error does not. @throws TypeError for one that is not here */
function listening<Server>(host: string, port: number, serve: () => Server): Server {
  try {
    return serve();
  } catch (cause) {
    const { AddrInUse, AddrNotAvailable, PermissionDenied } = Deno.errors;
    if (cause instanceof AddrNotAvailable) {
      throw new TypeError(`Cannot serve at ${host}: this machine has no such address`, { cause });
    }
    if (/^failed to lookup/.test(messageOf(cause))) {
      throw new TypeError(`Cannot serve at ${host}: there is no such host`, { cause });
    }
    if (cause instanceof AddrInUse) {
      throw new AddrInUse(`Cannot serve at ${host}, port ${port}: it is in use`, { cause });
    }
    if (cause instanceof PermissionDenied) {
      const message = `Cannot serve at ${host}, port ${port}: permission is denied`;
      throw new PermissionDenied(message, { cause });
    }
    throw cause;
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}
