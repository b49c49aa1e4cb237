/**
 * How much a GPU could speed up detectors: the share of the default detector's time per row that its programs take, the
 * only part that a device could do. The rest would remain, so the gain is at most whole / rest, with a GPU that takes
 * no time at all and copies for free.
 *
 *     deno task bench:gpu-detectors [--columns 10] [--rows 20000]
 */
import { parseArgs } from "node:util";
import type { Backend, SyncProgram } from "../src/backends/backend.ts";
import { openBackend } from "../src/backends/open.ts";
import { normal } from "../src/core/random/draws.ts";
import { HostRandom } from "../src/core/random/philox.ts";
import { Detector } from "../src/detection/mod.ts";
import { Ensemble } from "../src/scoring/ensemble/ensemble.ts";
import { readModelFile } from "../src/trained/file/model_file.ts";
import { tableModelOf } from "../src/scoring/table_file.ts";
import { openPinning, reportMachine } from "./lib/machine.ts";
import { median } from "./lib/statistics.ts";

const { values: given } = parseArgs({
  options: {
    columns: { type: "string", default: "10" },
    rows: { type: "string", default: "20000" },
  },
});
const columns = Number(given.columns), rows = Number(given.rows), ROUNDS = 9;
const random = new HostRandom(1, 0, 0);
const table = Array.from(
  { length: rows },
  () => Array.from({ length: columns }, () => normal(random)),
);
const detector = await Detector.fit(table.slice(0, 2000), { seed: 1, epochs: 2 });
const { ensemble: model } = tableModelOf(readModelFile(detector.save()));
let spent = 0;
const ensemble = new Ensemble(model!, { backend: timed(openBackend("wasm")) });
const cells = { data: Float64Array.from(table.flat()), rows };
const times = Array.from({ length: ROUNDS }, () => {
  spent = 0;
  const start = performance.now();
  ensemble.scoreCells(cells);
  const whole = 1000 * (performance.now() - start) / rows;
  return { whole, programs: 1000 * spent / rows };
}).slice(2);
const [whole, programs] = (["whole", "programs"] as const).map((name) =>
  median(times.map((each) => each[name]))
);
const { cpu, deno } = reportMachine(await openPinning());
console.log(
  `${cpu}, Deno ${deno}: ${columns} columns, ${whole.toFixed(2)} µs a row, programs ${
    programs.toFixed(2)
  } of it: ` +
    `a GPU could gain ${(whole / (whole - programs)).toFixed(2)} times at most`,
);

/** A backend that measures the time of its programs. */
function timed(backend: Backend<SyncProgram>): Backend<SyncProgram> {
  return {
    ...backend,
    compile(...request) {
      const program = backend.compile(...request), run = program.run.bind(program);
      program.run = (count) => {
        const start = performance.now();
        run(count);
        spent += performance.now() - start;
      };
      return program;
    },
  };
}
