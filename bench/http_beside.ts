/**
 * How long single rows wait for long bodies: a JSON score of one row, alone and then while other clients send bodies of
 * thousands of rows: of numbers alone, with an option (which is read another way), or as a tensor under `/v2`. Medians
 * of the rounds.
 *
 *     deno task bench:http-beside [--rounds N] [--seconds N] [--clients N] [--model vae|small|ensemble]
 *
 * Needs wrk, and installs it where apt may.
 */
import { parseArgs } from "node:util";
import { median } from "./lib/statistics.ts";
import {
  deadEnds,
  latencyIn,
  requestsIn,
  requireWrk,
  rowScript,
  rowsScript,
  tensorScript,
} from "./lib/wrk.ts";

/** Rows of a long body: 1.9 MB. */
const ROWS = 9000;

const { values } = parseArgs({
  args: Deno.args,
  options: {
    rounds: { type: "string", default: "3" },
    seconds: { type: "string", default: "8" },
    clients: { type: "string", default: "16" },
    model: { type: "string", default: "small" },
  },
});
await requireWrk();
const TENSORS = "beside tensors";
const LOADS: Readonly<Record<string, string | undefined>> = {
  "alone": undefined,
  "beside numbers alone": rowsScript(ROWS, {}),
  [TENSORS]: tensorScript(ROWS),
  ...(values.model !== "vae" && {
    "beside an option": rowsScript(ROWS, { falseAlarmRate: 0.05 }),
  }),
};

const child = new Deno.Command(Deno.execPath(), {
  args: [
    ...["run", "--allow-net", "--allow-read"],
    ...[new URL("http_server.ts", import.meta.url).pathname, "elbow"],
  ],
  stdout: "piped",
  stderr: "inherit",
}).spawn();
const folder = await Deno.makeTempDir();
try {
  const { value } = await child.stdout.pipeThrough(new TextDecoderStream()).getReader().read();
  const origin = `http://127.0.0.1:${value!.trim()}`;
  const url = `${origin}/v1/models/${values.model}/score`;
  const load = (script: string, connections: number, seconds: number, address = url) =>
    report(address, script, connections, seconds);
  await load(rowScript(), 1, 4);
  for (const [name, long] of Object.entries(LOADS)) {
    const short: string[] = [];
    let requests = 0, errors = 0;
    for (let round = 0; round < Number(values.rounds); round++) {
      const seconds = Number(values.seconds);
      const heavy = long
        ? load(
          long,
          Number(values.clients),
          seconds + 1,
          name === TENSORS ? `${origin}/v2/models/${values.model}/infer` : url,
        )
        : "";
      await new Promise((resolve) => setTimeout(resolve, 500));
      short.push(await load(rowScript(), 1, seconds));
      const text = await heavy;
      requests += requestsIn(text);
      errors += deadEnds(text) + deadEnds(short.at(-1)!);
    }
    const [p50, p99] = [50, 99].map((p) => median(short.map((text) => latencyIn(text, p))));
    console.log(
      `${name.padEnd(22)} p50 ${p50.toFixed(2)} ms  p99 ${
        p99.toFixed(2)
      } ms  ${requests} long requests  ${errors} errors`,
    );
  }
} finally {
  child.kill("SIGKILL");
  await child.status;
  await Deno.remove(folder, { recursive: true });
}

/** The report of wrk. */
async function report(
  url: string,
  script: string,
  connections: number,
  seconds: number,
): Promise<string> {
  const file = await Deno.makeTempFile({ dir: folder, suffix: ".lua" });
  await Deno.writeTextFile(file, script);
  const { stdout } = await new Deno.Command("wrk", {
    args: [
      ...["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout=60s", "--latency"],
      ...["-s", file, url],
    ],
  }).output();
  return new TextDecoder().decode(stdout);
}
