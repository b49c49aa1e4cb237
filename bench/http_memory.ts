/**
 * Memory over many requests: single-row JSON scores on loopback, with the heap measured after a full collection every
 * so many. The slope is that of a least-squares line through the second half, because the first requests warm the
 * server up.
 *
 *     deno task check:http-memory [--requests N] [--model vae|small|ensemble] [--json]
 *
 * Needs wrk, and installs it where apt may. The exit status is 1 if an answer was an error, or the slope is a kilobyte
 * or more per thousand requests.
 */
import { parseArgs } from "node:util";
import { deadEnds, requestsIn, requireWrk, rowScript } from "./lib/wrk.ts";

/** Memory of a server between two loads. */
interface Weight {
  readonly requests: number;
  /** Heap in use and external, bytes. */
  readonly held: number;
  /** Resident, bytes. */
  readonly resident: number;
}

/** Seconds. On a busy machine an answer may be late without being an error. */
const PATIENCE = 60;
const WEIGHINGS = 20, SECONDS = 10;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    requests: { type: "string", default: "1000000" },
    model: { type: "string", default: "small" },
    json: { type: "boolean" },
  },
});
await requireWrk();
const wanted = Number(values.requests);
const child = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--allow-net", "--allow-read", "--v8-flags=--expose-gc"],
    ...[new URL("http_server.ts", import.meta.url).pathname, "elbow"],
  ],
  stdin: "piped",
  stdout: "piped",
  stderr: "inherit",
}).spawn();
const lines = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
const commands = child.stdin.getWriter();
const weights: Weight[] = [];
let errors = 0;
const script = await Deno.makeTempFile({ suffix: ".lua" });
try {
  const port = (await lines.read()).value!.trim();
  const url = `http://127.0.0.1:${port}/v1/models/${values.model}/score`;
  await Deno.writeTextFile(script, rowScript());
  let asked = 0;
  while (asked < wanted) {
    for (const next = asked + wanted / WEIGHINGS; asked < next;) {
      const { stdout } = await new Deno.Command("wrk", {
        args: ["-t1", "-c16", `-d${SECONDS}s`, `--timeout=${PATIENCE}s`, "-s", script, url],
      }).output();
      const text = new TextDecoder().decode(stdout);
      asked += requestsIn(text);
      errors += deadEnds(text);
    }
    await commands.write(new TextEncoder().encode("weigh\n"));
    weights.push({ requests: asked, ...JSON.parse((await lines.read()).value!) });
    if (!values.json) console.log(lineOf(weights.at(-1)!));
  }
} finally {
  child.kill("SIGKILL");
  await child.status;
  await Deno.remove(script);
}

const half = weights.slice(Math.floor(weights.length / 2));
const perThousand = 1000 * slope(half.map(({ requests, held }) => [requests, held]));
if (values.json) console.log(JSON.stringify({ weights, errors, bytesPerThousand: perThousand }));
else {
  console.log(
    `${weights.at(-1)!.requests} requests to ${values.model}, ${errors} errors: ${
      perThousand.toFixed(0)
    } bytes more for every thousand`,
  );
}
if (errors > 0 || perThousand >= 1000) Deno.exit(1);

function lineOf({ requests, held, resident }: Weight): string {
  const mebibytes = (bytes: number) => `${(bytes / 2 ** 20).toFixed(2)} MiB`;
  return `${String(requests).padStart(8)} requests  ${mebibytes(held)} held  ${
    mebibytes(resident)
  } resident`;
}

/** The slope of a least-squares line. */
function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (at: 0 | 1) => points.reduce((sum, point) => sum + point[at], 0) / points.length;
  const mx = mean(0), my = mean(1);
  const covariance = points.reduce((sum, [x, y]) => sum + (x - mx) * (y - my), 0);
  return covariance / points.reduce((sum, [x]) => sum + (x - mx) ** 2, 0);
}
