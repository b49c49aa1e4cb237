/**
 * Two checkouts in one process, on one case, in turn: samples of about a millisecond, this and the other, other and
 * this, with probes in between. A pair counts only if the machine was at full speed before and after it, by both
 * probes.
 */
import { type Elbow, loadElbow, type Ready } from "../lib/elbow.ts";
import { adam, mapped, product } from "../lib/graphs.ts";
import { scoreProgram, trainStep } from "../lib/models.ts";
import { bestOf, isQuiet, openProbe } from "../lib/probe.ts";
import type { Rates } from "../lib/statistics.ts";
import { readRequest, tell } from "../lib/protocol.ts";
import { randomModel } from "../lib/random_model.ts";
import { timed, warmUp } from "../lib/timing.ts";
import { WORKLOADS } from "../lib/workloads.ts";

export interface GateRequest {
  /** Root of the other checkout, a URL that ends in a slash. */
  readonly other: string;
  readonly name: string;
  /** Whether the other is created first, so that neither always has the better place in memory. */
  readonly otherFirst: boolean;
  readonly seconds: number;
  /** Runs of each before the first sample. */
  readonly before: number;
  readonly threads: 1;
  readonly folder: string;
}

/** Milliseconds of a call for each pair, and the number of pairs before the probes decided. */
export interface GateAnswer {
  readonly pairs: readonly (readonly [own: number, other: number])[];
  readonly taken: number;
}

const SAMPLE_MS = 1;
/** Elements of a function's operand. */
const LENGTH = 2048;

/** A case by its name: `score/W1/64`, `train/W3/128`, `gemm/128x784x400`, `adam/90816`, `map/tanh`. */
function programOf(elbow: Elbow, name: string): Ready {
  const [work, what, rows] = name.split("/");
  const model = () => {
    const workload = WORKLOADS.find((each) => each.name === what);
    if (workload) return randomModel(workload, Number(rows), 1);
    throw new RangeError(`Cannot compare ${name}: there is no workload "${what}"`);
  };
  switch (work) {
    case "score":
      return scoreProgram(elbow, model(), Number(rows));
    case "train": {
      const elbo = elbow.objective.parseObjective({ type: "elbo" });
      return trainStep(elbow, model(), Number(rows), elbo);
    }
    case "gemm":
      return product(elbow, what.split("x").map(Number) as [number, number, number]);
    case "adam":
      return adam(elbow, Number(what));
    case "map": {
      const x = Float32Array.from({ length: LENGTH }, (_, i) => 8 * Math.sin(i));
      return mapped(elbow, x, 64, (g, node) => g.activation(node, { kind: what as "tanh" }));
    }
    default:
      throw new RangeError(`Cannot compare ${name}: there is no work "${work}"`);
  }
}

const request = readRequest<GateRequest>();
const probe = await openProbe(await Deno.readFile(`${request.folder}/probe.wasm`));
const roots = [undefined, new URL(request.other)];
const order = request.otherFirst ? [1, 0] : [0, 1];
const ready: Ready[] = [];
for (const i of order) ready[i] = programOf(await loadElbow(roots[i]), request.name);
for (const i of order) for (let k = 0; k < request.before; k++) ready[i].run();
const once: number[] = [];
for (const i of order) once[i] = await warmUp(ready[i].run);
const calls = Math.max(1, Math.round(SAMPLE_MS / Math.min(...once)));
const taken: { pair: [number, number]; probes: Rates[] }[] = [];
const end = performance.now() + 1000 * request.seconds;
while (performance.now() < end) {
  const turns = taken.length % 2 === 0 ? [0, 1] : [1, 0];
  const pair: [number, number] = [0, 0];
  const probes = [probe()];
  for (const i of turns) {
    pair[i] = await timed(ready[i].run, calls) / calls;
    probes.push(probe());
  }
  taken.push({ pair, probes });
}
const best = bestOf(taken.flatMap(({ probes }) => probes));
const quiet = taken.filter(({ probes }) => probes.every((rates) => isQuiet(rates, best)));
tell({ pairs: quiet.map(({ pair }) => pair), taken: taken.length } satisfies GateAnswer);
