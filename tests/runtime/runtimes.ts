/**
 * The runtimes as processes: each serves the subject on a free port and prints it. `packages/` lists what they are
 * installed from; scripts/setup.ts installs it into build/runtimes.
 */
import { ROOT } from "../../scripts/lib/tree.ts";
import { RUNTIMES } from "../../scripts/setup.ts";
import type { Subject } from "./subject.ts";

/** A running server. */
export interface Host extends AsyncDisposable {
  /** Its address: `http://127.0.0.1:PORT`. */
  readonly origin: string;
}

/** How to serve: a command line in the folder, given the name of the subject's file. */
interface Server {
  readonly command: string;
  readonly args: (subject: string, folder: string) => readonly string[];
  /** The kernels that it uses when determinism is "fast". */
  readonly fast: "relaxed" | "simd";
  /** Whether it can train: all but workerd. */
  readonly trains: boolean;
}

export const PACKAGES = `${ROOT}${RUNTIMES}/node_modules`;
const DENO_ARGS = ["--no-prompt", "--no-config", "--no-lock", "--allow-net=127.0.0.1"];

/** The servers by name. A browser is not a server: see `browser.ts`. */
export const SERVERS = {
  deno: {
    command: Deno.execPath(),
    args: (subject, folder) => ["run", ...DENO_ARGS, `--allow-read=${folder}`, "deno.js", subject],
    fast: "relaxed",
    trains: true,
  },
  "deno serve": {
    command: Deno.execPath(),
    args: (subject, folder) => [
      ...["serve", ...DENO_ARGS, "--host=127.0.0.1", "--port=0", `--allow-read=${folder}`],
      ...["deno_serve.js", subject],
    ],
    fast: "relaxed",
    trains: true,
  },
  node: {
    command: "node",
    args: (subject) => ["node.js", subject],
    fast: "simd",
    trains: true,
  },
  "node 24": {
    command: await onlyProgram("", "node"),
    args: (subject) => ["node.js", subject],
    fast: "relaxed",
    trains: true,
  },
  bun: {
    command: await onlyProgram("@oven/", "bun"),
    args: (subject) => ["bun.js", subject],
    fast: "relaxed",
    trains: true,
  },
  "edge-runtime": {
    command: "node",
    args: (subject) => ["edge.js", subject],
    fast: "simd",
    trains: true,
  },
  workerd: {
    command: await onlyProgram("@cloudflare/", "workerd"),
    args: (subject) => ["serve", "--verbose", "--control-fd=1", `${subject}.capnp`],
    fast: "simd",
    trains: false,
  },
} as const satisfies Record<string, Server>;

export type ServerName = keyof typeof SERVERS;

/**
 * The program itself, in the package for this machine. What the package starts instead is a script that npm would have
 * had to run, or one that outlives its end.
 */
async function onlyProgram(scope: string, name: string): Promise<string> {
  const names = await Array.fromAsync(Deno.readDir(`${PACKAGES}/${scope}`), (entry) => entry.name)
    .catch(() => []);
  const fitting = names.filter((each) => each.startsWith(`${name}-`)).sort();
  return `${PACKAGES}/${scope}${fitting[0] ?? name}/bin/${name}`;
}

/** A folder with the hosts, the bundles and the subjects; removed when disposed of. */
export class Workspace implements AsyncDisposable {
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  static async create(): Promise<Workspace> {
    // Inside the packages' folder, because Node.js looks for them there.
    await Deno.mkdir(`${ROOT}${RUNTIMES}`, { recursive: true });
    const workspace = new Workspace(
      await Deno.makeTempDir({ dir: `${ROOT}${RUNTIMES}`, prefix: "run-" }),
    );
    await Deno.writeTextFile(`${workspace.folder}/package.json`, '{ "type": "module" }');
    const here = new URL("hosts/", import.meta.url);
    for await (const { name } of Deno.readDir(here)) {
      if (!name.endsWith(".ts")) {
        await Deno.copyFile(new URL(name, here), `${workspace.folder}/${name}`);
      }
    }
    await Promise.all([
      workspace.bundle("tests/runtime/app.ts", "app.js"),
      workspace.bundle("tests/runtime/edge_app.ts", "edge_app.js", "iife"),
      workspace.bundle("tests/runtime/subject.ts", "subject.js"),
      workspace.bundle("src/http/workerd.ts", "elbow.js"),
    ]);
    return workspace;
  }

  async bundle(entry: string, name: string, format: "esm" | "iife" = "esm"): Promise<void> {
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["bundle", "--quiet", "--no-lock", "--minify", "--platform=browser"],
        ...[`--format=${format}`, entry, "-o", `${this.folder}/${name}`],
      ],
      cwd: ROOT,
      stdin: "null",
    }).output();
    if (!success) throw new TypeError(`Cannot bundle ${entry}: ${decode(stderr)}`);
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
    await Deno.writeFile(`${this.folder}/${name}`, bytes);
  }

  /** Starts a server for a subject and waits for its port. */
  async start(name: ServerName, subject: Subject): Promise<Host> {
    const file = `${subject.determinism}.json`, server: Server = SERVERS[name];
    await this.write(file, JSON.stringify(subject));
    if (name === "deno serve") await this.write("subject.json", JSON.stringify(subject));
    if (name === "workerd") await this.write(`${file}.capnp`, subjectWorker(file));
    return await startServer(server.command, server.args(file, this.folder), this.folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Starts a server and reads both of its outputs until one names the port. */
export async function startServer(
  command: string,
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Host> {
  const child = new Deno.Command(command, {
    args: [...args],
    cwd,
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1", ...env },
  }).spawn();
  let said = "";
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const listen = async (stream: ReadableStream<Uint8Array<ArrayBuffer>>) => {
    for await (const text of stream.pipeThrough(new TextDecoderStream())) {
      said += text;
      const [, port] = /^(\d{2,5})$|127\.0\.0\.1:(\d+)|"port":(\d+)/m.exec(said)?.filter(Boolean) ??
        [];
      if (port) resolve(port);
    }
  };
  const heard = Promise.all([listen(child.stdout), listen(child.stderr)]);
  void child.status.then(() => reject(new TypeError(`Cannot start ${command}: it said ${said}`)));
  const port = await promise;
  return {
    origin: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await heard;
    },
  };
}

/** Files that contain modules of a worker, by module name; the first is the main module. */
type WorkerModules = Readonly<Record<string, string>>;

/** The type of a module for workerd, by file extension. */
const MODULE_TYPES: Readonly<Record<string, string>> = {
  js: "esModule",
  json: "json",
  wasm: "wasm",
  safetensors: "data",
};

/** A worker with the modules that a deployment would have. */
export function workerdConfig(modules: WorkerModules, compatibilityDate: string): string {
  const lines = Object.entries(modules).map(([name, file]) =>
    `(name = "${name}", ${MODULE_TYPES[name.split(".").at(-1)!]} = embed "${file}"),`
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [
      ${lines.join("\n      ")}
    ],
    compatibilityDate = "${compatibilityDate}",
  ))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
`;
}

function subjectWorker(subject: string): string {
  const same = ["worker.js", "elbow.js", "subject.js", "kernels.wasm"].map((name) => [name, name]);
  // A date before Workers could compile bytes at start-up.
  return workerdConfig({ ...Object.fromEntries(same), "subject.json": subject }, "2025-01-01");
}

function decode(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
