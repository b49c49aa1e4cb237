/**
 * Load on loopback: requests per second and latency of single-row JSON scores, beside a Hono handler that only parses
 * and echoes the same body, and rows per second in the binary format, by model. New processes in alternating order,
 * each warmed up, medians of the rounds. The server has one core and wrk the other, if taskset exists. The server's
 * processor time is reported too: it is more reliable if others use the machine.
 *
 *     deno task bench:http [--json] [--rounds N] [--seconds N] [--warm N] [--only TEXT]
 *
 * Needs wrk, and installs it where apt may.
 */
import { parseArgs } from "node:util";
import {
  deadEnds,
  floatScript,
  latencyIn,
  numberIn,
  requestsIn,
  requireWrk,
  rowScript,
} from "./lib/wrk.ts";
import { median } from "./lib/statistics.ts";

/** The report of one run of wrk. */
interface Run {
  readonly perSecond: number;
  readonly p50: number;
  readonly p99: number;
  readonly errors: number;
  readonly requests: number;
  /** The server's processor time per request; NaN if the system does not tell. */
  readonly microseconds: number;
  /** Resident memory of the server after the run. */
  readonly mebibytes: number;
}

/** One kind of request. */
interface Load {
  readonly server: "elbow" | "echo";
  readonly path: string;
  readonly script: string;
  readonly connections: number;
  /** Rows of one request. */
  readonly rows: number;
}

/** Rows of one binary request. */
const BATCH = 8000;

/** The models of http_server.ts. */
const MODELS = ["vae", "small", "ensemble"];

const single = (server: Load["server"], path: string): Load => (
  { server, path, script: rowScript(), connections: 16, rows: 1 }
);
const batch = (path: string): Load => (
  { server: "elbow", path, script: floatScript(BATCH), connections: 2, rows: BATCH }
);
const of = (load: (path: string) => Load, name: string, verb: string) =>
  MODELS.map((model) => [`${name}, ${model}`, load(`/v1/models/${model}/${verb}`)] as const);

const ECHO = "Hono echo", SINGLE = "JSON score";
const LOADS: Readonly<Record<string, Load>> = Object.fromEntries([
  [ECHO, single("echo", "/")],
  [`${ECHO}, seven headers`, single("echo", "/headers")],
  ...of((path) => single("elbow", path), SINGLE, "score"),
  ...of(batch, "binary score", "score"),
]);

const hasTaskset = await new Deno.Command("taskset", { args: ["-c", "0", "true"], stderr: "null" })
  .output()
  .then(({ success }) => success, () => false);

function command(core: string, name: string, args: readonly string[]): Deno.Command {
  const [first, ...rest] = hasTaskset ? ["taskset", "-c", core, name, ...args] : [name, ...args];
  return new Deno.Command(first, { args: rest, stdout: "piped", stderr: "inherit" });
}

async function measure(
  { server, path, script, connections }: Load,
  { seconds, warm }: { readonly seconds: number; readonly warm: number },
): Promise<Run> {
  const file = await Deno.makeTempFile({ suffix: ".lua" });
  await Deno.writeTextFile(file, script);
  const child = command("0", Deno.execPath(), [
    ...["run", "--allow-net", "--allow-read"],
    new URL("http_server.ts", import.meta.url).pathname,
    server,
  ]).spawn();
  try {
    const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
    const url = `http://127.0.0.1:${(await reader.read()).value!.trim()}${path}`;
    const wrk = (duration: number) =>
      command("1", "wrk", [
        ...["-t1", `-c${connections}`, `-d${duration}s`, "--latency", "-s", file, url],
      ]).output();
    await wrk(warm);
    const before = microsecondsOf(child.pid);
    const text = new TextDecoder().decode((await wrk(seconds)).stdout);
    const run = parse(text), used = microsecondsOf(child.pid) - before;
    return { ...run, microseconds: used / run.requests, mebibytes: memoryOf(child.pid) };
  } finally {
    child.kill("SIGKILL");
    await child.status;
    await Deno.remove(file);
  }
}

function parse(text: string): Omit<Run, "mebibytes" | "microseconds"> {
  return {
    perSecond: numberIn(text, /Requests\/sec:\s+([\d.]+)/),
    requests: requestsIn(text),
    p50: latencyIn(text, 50),
    p99: latencyIn(text, 99),
    errors: deadEnds(text),
  };
}

/** Processor time of a process; Linux counts hundredths of a second. */
function microsecondsOf(pid: number): number {
  try {
    const [, text] = /\) (.*)/.exec(Deno.readTextFileSync(`/proc/${pid}/stat`))!;
    const fields = text.split(" ");
    return (Number(fields[11]) + Number(fields[12])) * 10_000;
  } catch {
    return NaN;
  }
}

function memoryOf(pid: number): number {
  try {
    return Number(/VmRSS:\s+(\d+)/.exec(Deno.readTextFileSync(`/proc/${pid}/status`))?.[1]) / 1024;
  } catch {
    return NaN;
  }
}

const { values } = parseArgs({
  args: Deno.args,
  options: {
    json: { type: "boolean" },
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "5" },
    warm: { type: "string", default: "5" },
    only: { type: "string", default: "" },
  },
});
await requireWrk();
const names = Object.keys(LOADS).filter((name) => name === ECHO || name.includes(values.only));
const runs = new Map<string, Run[]>(names.map((name) => [name, []]));
const lasting = { seconds: Number(values.seconds), warm: Number(values.warm) };
for (let round = 0; round < Number(values.rounds); round++) {
  for (const name of round % 2 === 0 ? names : names.toReversed()) {
    runs.get(name)!.push(await measure(LOADS[name], lasting));
  }
}
const results = Object.fromEntries(Array.from(runs, ([name, list]) => {
  const of = (key: keyof Run) => median(list.map((run) => run[key]));
  const { rows } = LOADS[name];
  return [name, {
    requestsPerSecond: of("perSecond"),
    rowsPerSecond: of("perSecond") * rows,
    p50: of("p50"),
    p99: of("p99"),
    microseconds: of("microseconds"),
    errors: list.reduce((sum, { errors }) => sum + errors, 0),
    mebibytes: of("mebibytes"),
  }];
}));
const echo = results[ECHO];
const ratios = Object.fromEntries(
  names.filter((name) => name !== ECHO && LOADS[name].rows === 1).map((name) => {
    const { requestsPerSecond, p99, microseconds } = results[name];
    return [name, {
      requests: requestsPerSecond / echo.requestsPerSecond,
      p99: p99 / echo.p99,
      processorTime: microseconds / echo.microseconds,
    }];
  }),
);
if (values.json) {
  console.log(JSON.stringify({ deno: Deno.version.deno, results, ratiosToEcho: ratios }));
} else {
  for (const [name, each] of Object.entries(results)) {
    const { requestsPerSecond, rowsPerSecond, p50, p99, microseconds, errors, mebibytes } = each;
    console.log(
      `${name.padEnd(24)} ${requestsPerSecond.toFixed(0).padStart(7)} requests/s ${
        rowsPerSecond.toFixed(0).padStart(8)
      } rows/s  p50 ${p50.toFixed(2)} ms  p99 ${p99.toFixed(2)} ms  ${
        microseconds.toFixed(1)
      } us of processor time a request  ${errors} errors  ${mebibytes.toFixed(0)} MiB`,
    );
  }
  for (const [name, { requests, p99, processorTime }] of Object.entries(ratios)) {
    const share = `${(100 * requests).toFixed(0)} %`;
    console.log(
      `${name}: ${share} of the echo's requests a second, p99 ${
        p99.toFixed(2)
      } times its, processor time ${processorTime.toFixed(2)} times its`,
    );
  }
}
