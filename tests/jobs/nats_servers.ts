/** NATS servers for a test, on loopback, with JetStream in a temporary folder. */
import { canRun } from "../../scripts/lib/child.ts";

/** Whether a NATS server can be started. */
export const HAS_NATS: boolean = await canRun("nats-server");

export interface NatsServer extends AsyncDisposable {
  readonly url: string;
  readonly name: string;
  kill(): Promise<void>;
}

/** Below the ports that systems use for outgoing connections: one of those could be taken before a server has it. */
function freePort(): number {
  for (;;) {
    const port = 20_000 + Math.floor(10_000 * Math.random());
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

function start(name: string, port: number, folder: string, more: readonly string[]): NatsServer {
  const child = new Deno.Command("nats-server", {
    args: [
      ...["--addr", "127.0.0.1", "--port", `${port}`, "--name", name],
      ...["--jetstream", "--store_dir", `${folder}/${name}`, ...more],
    ],
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  let isDead = false;
  const kill = async () => {
    if (!isDead) child.kill("SIGKILL");
    isDead = true;
    await child.status;
  };
  return { url: `nats://127.0.0.1:${port}`, name, kill, [Symbol.asyncDispose]: kill };
}

async function listening(url: string): Promise<void> {
  const { hostname, port } = new URL(url);
  for (let i = 0; i < 300; i++) {
    try {
      (await Deno.connect({ hostname, port: Number(port) })).close();
      return;
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  throw new Error(`Cannot start nats-server at ${url}`);
}

/** One server. */
export async function oneServer(): Promise<NatsServer> {
  const folder = await Deno.makeTempDir();
  const server = start("one", freePort(), folder, []);
  await listening(server.url);
  return {
    ...server,
    async [Symbol.asyncDispose]() {
      await server.kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}

export interface Cluster extends AsyncDisposable {
  readonly servers: readonly NatsServer[];
  /** All addresses, in the form that `--nats` takes. */
  readonly urls: string;
}

/** Three servers that keep three copies of everything. */
export async function cluster(): Promise<Cluster> {
  const folder = await Deno.makeTempDir();
  const routes = Array.from({ length: 3 }, freePort);
  const all = routes.map((port) => `nats-route://127.0.0.1:${port}`).join();
  const servers = routes.map((route, i) =>
    start(`n${i}`, freePort(), folder, [
      ...["--cluster_name", "elbow", "--cluster", `nats://127.0.0.1:${route}`, "--routes", all],
    ])
  );
  for (const { url } of servers) await listening(url);
  return {
    servers,
    urls: servers.map(({ url }) => url).join(),
    async [Symbol.asyncDispose]() {
      for (const server of servers) await server.kill();
      await Deno.remove(folder, { recursive: true });
    },
  };
}
