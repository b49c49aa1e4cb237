/**
 * Clients that send one byte per second, in endless headers or bodies; and, a tenth as many, clients that ask for long
 * answers and read nothing, or send a line byte by byte, each byte a chunk: how long other requests take meanwhile, and
 * how much memory the server needs. The server runs in its own process.
 *
 *     deno run --allow-all tests/http/slow_clients.ts [CLIENTS] [SECONDS]
 */
import { VAE } from "../../mod.ts";
import { ROWS, TABLE } from "./util.ts";
import { serveElbow } from "../util/elbow_server.ts";

const BODY = JSON.stringify({ rows: ROWS.slice(0, 1) });
const HEAD =
  "POST /v1/models/table/score HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n";
/** The other requests are sent one after the other. */
const ASKS = 500;

/** Its longest answer has four million numbers. */
const WIDE = VAE.create({ inputs: 400, latent: [{ size: 2 }] }, { seed: 1 });
const LONG = JSON.stringify({ count: 10_000 });

/** What a client sends at once, and what every second. */
const KINDS = {
  headers: [`${HEAD}X-Slow: `, " "],
  bodies: [`${HEAD}Content-Length: 4000000\r\n\r\n[`, " "],
  answers: [
    `${HEAD.replace("table/score", "wide/sample")}Content-Length: ${LONG.length}\r\n\r\n${LONG}`,
    "",
  ],
  lines: [
    `${HEAD.replace("json", "x-ndjson")}Transfer-Encoding: chunked\r\n\r\n`,
    "1\r\n \r\n".repeat(2000),
  ],
} as const;

interface Outcome {
  /** Bytes of resident memory that the slow clients add. */
  readonly added: number;
  /** Answers to the other requests. */
  readonly statuses: readonly number[];
  /** Their durations in milliseconds, ascending. */
  readonly waits: readonly number[];
  /** First lines of the answers to slow clients. */
  readonly answers: readonly string[];
}

async function slowClients(
  kind: keyof typeof KINDS,
  clients: number,
  seconds: number,
): Promise<Outcome> {
  const folder = await Deno.makeTempDir();
  await Deno.writeFile(`${folder}/table.safetensors`, TABLE.save());
  await Deno.writeFile(`${folder}/wide.safetensors`, WIDE.save());
  const { child, url } = await serveElbow(["--models", folder]);
  const answers: string[] = [], others = new Others(url), connections: Deno.Conn[] = [];
  try {
    await others.ask(ASKS);
    const before = residentBytes(child.pid);
    others.forget();
    const encoder = new TextEncoder(), { hostname, port } = new URL(url);
    const [opening, more] = KINDS[kind].map((text) => encoder.encode(text));
    for (let i = 0; i < clients; i++) {
      const connection = await Deno.connect({ hostname, port: Number(port) });
      connections.push(connection);
      await connection.write(opening);
      if (kind === "answers") continue;
      void firstLine(connection).then((line) => line !== undefined && answers.push(line));
    }
    for (let second = 0; second < seconds; second++) {
      for (const each of connections) if (more.length > 0) each.write(more).catch(() => {});
      await others.ask(ASKS);
      await new Promise((resolve) => setTimeout(resolve, 1000));
    }
    const added = residentBytes(child.pid) - before;
    return { added, answers, statuses: others.statuses, waits: others.waits.sort((a, b) => a - b) };
  } finally {
    for (const each of connections) each.close();
    child.kill("SIGTERM");
    await child.status;
    await Deno.remove(folder, { recursive: true });
  }
}

/** Clients that behave. */
class Others {
  readonly statuses: number[] = [];
  readonly waits: number[] = [];
  readonly #url: string;

  constructor(url: string) {
    this.#url = `${url}/v1/models/table/score`;
  }

  async ask(times: number): Promise<void> {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body: BODY };
    for (let i = 0; i < times; i++) {
      const start = performance.now(), response = await fetch(this.#url, init);
      await response.text();
      this.waits.push(performance.now() - start);
      this.statuses.push(response.status);
    }
  }

  forget(): void {
    this.statuses.length = this.waits.length = 0;
  }
}

async function firstLine(connection: Deno.Conn): Promise<string | undefined> {
  const bytes = new Uint8Array(1024), read = await connection.read(bytes).catch(() => null);
  return read ? new TextDecoder().decode(bytes.subarray(0, read)).split("\r\n")[0] : undefined;
}

function residentBytes(pid: number): number {
  const [, kilobytes] = /VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))!;
  return 1024 * Number(kilobytes);
}

if (import.meta.main) {
  const [clients = "500", seconds = "15"] = Deno.args;
  for (const kind of ["headers", "bodies", "answers", "lines"] as const) {
    const count = Math.ceil(Number(clients) / (kind === "headers" || kind === "bodies" ? 1 : 10));
    const { added, statuses, waits, answers } = await slowClients(kind, count, Number(seconds));
    const at = (share: number) => waits[Math.floor(share * (waits.length - 1))].toFixed(2);
    console.log(
      `${count} slow ${kind}, ${seconds} s: ${(added / 2 ** 20).toFixed(0)} MiB more memory; ` +
        `${
          statuses.filter((status) => status === 200).length
        } of ${statuses.length} others answered, ` +
        `${at(0.5)} ms in the middle, ${at(0.99)} ms at the 99th percentile, ${
          at(1)
        } ms at most; ` +
        `slow ones answered: ${
          JSON.stringify(
            Object.groupBy(answers, (line) => line),
            (_, value) => Array.isArray(value) ? value.length : value,
          )
        }`,
    );
  }
}
