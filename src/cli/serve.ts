/** `elbow serve --models DIR`: every model of a folder behind HTTP, until Ctrl-C. */
import { Command } from "npm:commander@15.1.0";
import type { Model } from "../http/store.ts";
import { baseName } from "./files.ts";
import { type Io, print } from "./io.ts";
import { loadFile, loadModel } from "./model.ts";
import * as options from "./options.ts";
import { counted, jsonLine } from "./text.ts";

const EXTENSION = ".safetensors";

/** Options as commander hands them over. */
interface ServeOptions extends options.JsonOption, options.BackendOption {
  readonly models?: string;
  readonly host: string;
  readonly port: number;
}

export function serveCommand(io: Io): Command {
  const command = new Command("serve").summary("serve the models of a folder over HTTP")
    .description(
      "Serves every model of a folder under its file name without extension, until Ctrl-C.\n" +
        "There is no authentication: other hosts than this one should reach it through what provides it.",
    )
    .option("--models <dir>", `folder of ${EXTENSION} files (required)`)
    .option("--host <address>", "address to listen at", "127.0.0.1")
    .addOption(
      options.integerOption("--port <n>", "port; 0 takes a free one", { min: 0, max: 65535 })
        .default(8080),
    )
    .addOption(options.backendOption())
    .addOption(options.jsonOption());
  return command.action(async (given: ServeOptions) => {
    const folder = options.required(given.models, "--models <dir>", command);
    const models = await loadFolder(folder, given, io);
    await serve(models, given, io);
  });
}

async function loadFolder(
  folder: string,
  { backend }: options.BackendOption,
  io: Io,
): Promise<Map<string, Model>> {
  const models = new Map<string, Model>();
  for (const path of await listModels(folder)) {
    const { kind } = await loadFile(path);
    if (kind === "checkpoint" || kind === "rbm") {
      io.stderr(`elbow: ${path} is a ${kind} and is not served\n`);
      continue;
    }
    const { scorer, vae } = await loadModel(path, { backend });
    models.set(baseName(path).slice(0, -EXTENSION.length), scorer ?? vae);
  }
  if (models.size > 0) return models;
  throw new TypeError(`Cannot serve ${folder}: it holds no ${EXTENSION} model`);
}

async function listModels(folder: string): Promise<string[]> {
  try {
    const entries = await Array.fromAsync(Deno.readDir(folder));
    const names = entries.map(({ name }) => name).filter((name) => name.endsWith(EXTENSION));
    return names.sort().map((name) => `${folder.replace(/(?<=.)[/\\]+$/, "")}/${name}`);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(`Cannot serve ${folder}: ${reason}`, { cause: error });
  }
}

async function serve(
  models: ReadonlyMap<string, Model>,
  { host, port, json }: ServeOptions,
  io: Io,
): Promise<void> {
  // Only here: the other commands start without the HTTP packages.
  const { createApp } = await import("../http/mod.ts");
  const app = createApp({ models });
  const server = Deno.serve({
    hostname: host,
    port,
    onListen({ hostname, port }) {
      const url = `http://${hostname.includes(":") ? `[${hostname}]` : hostname}:${port}`;
      io.stderr(`elbow: ${counted(models.size, "model")} at ${url}/v1/models, Ctrl-C to stop\n`);
      if (json) {
        print(io, jsonLine({ url, models: [...models.keys()] }));
      }
    },
  }, (request) => app.fetch(request));
  const stop = () => server.shutdown();
  if (io.signal.aborted) await stop();
  io.signal.addEventListener("abort", stop, { once: true });
  await server.finished;
}
