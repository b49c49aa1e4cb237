/**
 * Draws x ~ p(x | z) on the host, in float64, from the parameters of p(x | z) that the program `sample` computed.
 *
 * A cell depends only on the seed, its row, its column and p(x | z); the same seed gives the same cell on every machine
 * for which p(x | z) has the same bits.
 */
import type { Program } from "../../backends/backend.ts";
import { HostRandom } from "../../core/random/philox.ts";
import { STREAMS } from "../../core/random/streams.ts";
import { definitionOf, groupsOf } from "../../distributions/likelihood.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { DRAW_PREFIX } from "../programs/point_programs.ts";
import { type Wait, waitForAll } from "../steps.ts";

/** Parameters of p(x | z) by name, `[rows, 1]` or `[rows, columns of the group]`, row-major. */
export type DrawParameters = ReadonlyMap<string, Float32Array>;

/** Reads the parameters of p(x | z) that a run of the program `sample` computed for `rows` rows. */
export function readDrawParameters(
  program: Program,
  rows: number,
): { readonly parameters: DrawParameters; readonly wait: Wait } {
  const outputs = [...program.plan.outputs].filter(([name]) => name.startsWith(DRAW_PREFIX));
  const waits: Wait[] = [];
  const parameters = new Map(outputs.map(([name, { shape }]) => {
    const values = new Float32Array(rows * shape.cols);
    waits.push(program.read(name, values));
    return [name.slice(DRAW_PREFIX.length), values];
  }));
  return { parameters, wait: waitForAll(waits) };
}

/** Fills `into`, `[rows, D]`, whose first row has the index `first` among all draws. */
export function drawRows(
  { inputs, likelihood }: ModelSpec,
  parameters: DrawParameters,
  { seed, first }: { readonly seed: number; readonly first: number },
  into: Float32Array,
): void {
  const random = new HostRandom(seed, 0, STREAMS.observation);
  const rows = into.length / inputs;
  for (const { spec, prefix, first: start, columns } of groupsOf(likelihood, inputs)) {
    const { draw } = definitionOf(spec.type);
    const own = [...parameters].filter(([name]) => name.startsWith(prefix));
    for (let r = 0; r < rows; r++) {
      const ofRow = Object.fromEntries(own.map(([name, values]) => {
        const width = values.length / rows;
        return [name.slice(prefix.length), values.subarray(r * width, (r + 1) * width)];
      }));
      const out = into.subarray(r * inputs + start, r * inputs + start + columns);
      draw(ofRow, (c) => random.restart(first + r, start + c), out, spec);
    }
  }
}
