/**
 * Before anything is timed: which peers run here, and whether they compute the same. Comparing different arithmetic
 * would be meaningless, so a peer with other scores is left out.
 *
 * Oracle: Elbow's float64 reference backend, which shares no code with any of them.
 */
import { TrainedVae } from "../../src/trained/trained_vae.ts";
import { type About, type Answer, CHECK, type Refusals, type Request } from "./peer.ts";
import { loadElbow } from "../lib/elbow.ts";
import { constantOf, namedWeights, specOf } from "../lib/models.ts";
import type { Pinning } from "../lib/machine.ts";
import { ChildError, type Program, runChild } from "../lib/spawn.ts";
import { mean, median } from "../lib/statistics.ts";
import { firstRows, type Kind, readModel, WORKLOADS } from "../lib/workloads.ts";
import { type Entry, faultOfTorch } from "./roster.ts";

/** A peer that runs. */
export interface RunnablePeer {
  readonly entry: Entry;
  readonly program: Program;
  readonly about: About;
  readonly kinds: readonly Kind[];
}

/** What is not measured, and why. */
export interface LeftOut {
  /** A peer, or a kind of its work. */
  readonly what: string;
  readonly reason: string;
}

export interface CheckedPeers {
  readonly present: readonly RunnablePeer[];
  readonly absent: readonly LeftOut[];
}

/** Float32 sums of 784 terms in any order differ by much less. */
const SCORE_TOLERANCE = 1e-3;
/** Relative to the progress of training, because each peer draws its own noise. */
const GAIN_TOLERANCE = 0.2;

/** The request that asks a peer for some work. */
export type MakeRequest = (entry: Entry, kind: Kind | "check", workload: string) => Request;

export async function checkPeers(
  entries: readonly Entry[],
  folder: string,
  request: MakeRequest,
  pinning: Pinning,
): Promise<CheckedPeers> {
  const expected = await oracle(folder);
  const present: RunnablePeer[] = [], absent: LeftOut[] = [];
  const gains: Gains = new Map();
  for (const entry of entries) {
    try {
      const program = await entry.program();
      const answers = await runChild<Answer>(program, request(entry, "check", ""), pinning);
      const [first] = answers;
      if (!("about" in first)) throw new ChildError("it does not say what it is");
      const { about, kinds, refused } = first;
      requireThreads(entry, about);
      requireScores(answers, expected);
      for (const { trained: workload, scores } of trainedOf(answers)) {
        const gain = mean(expected.get(workload)!) - mean(scores);
        gains.set(workload, [...gains.get(workload) ?? [], { peer: entry.name, gain }]);
      }
      const wanted = kinds.filter((kind) => (entry.kinds ?? kinds).includes(kind));
      present.push({ entry, program, about, kinds: wanted });
      absent.push(...refusals(entry, refused));
      console.log(`  ${entry.name.padEnd(14)} ${JSON.stringify(about)}`);
    } catch (error) {
      const reason = (error as Error).message;
      absent.push({ what: entry.name, reason });
      console.log(`  ${entry.name.padEnd(14)} LEFT OUT: ${reason}`);
    }
  }
  const strangers = peersThatLearnDifferently(gains);
  return {
    present: present.filter(({ entry }) => !strangers.some(({ what }) => what === entry.name)),
    absent: [...absent, ...strangers],
  };
}

function requireThreads({ threads }: Entry, about: About): void {
  if (about.threads < threads) {
    throw new TypeError(`it runs on ${about.threads} thread: asked for ${threads}`);
  }
  const fault = faultOfTorch(about.blas);
  if (fault) throw new TypeError(fault);
}

/** Scores of the first rows by workload. */
async function oracle(folder: string): Promise<Map<string, Float64Array>> {
  const elbow = await loadElbow();
  const scores = new Map<string, Float64Array>();
  for (const { name } of WORKLOADS) {
    const model = readModel(folder, name);
    const spec = elbow.spec.parseSpec(specOf(model.workload));
    const values = namedWeights(elbow, spec, model);
    const vae = new TrainedVae(spec, values, { backend: "reference" });
    const shape = [CHECK.rows, model.workload.inputs] as const;
    const found = await vae.score({ data: firstRows(model, CHECK.rows), shape });
    scores.set(name, found.map((score) => score - constantOf(model)));
  }
  return scores;
}

function requireScores(answers: readonly Answer[], expected: Map<string, Float64Array>): void {
  for (const answer of answers) {
    if (!("check" in answer)) continue;
    const want = expected.get(answer.check)!;
    const got = [answer.one, ...answer.scores];
    const worst = Math.max(
      ...[want[0], ...want].map((value, i) => Math.abs(got[i] - value) / Math.abs(value)),
    );
    if (worst <= SCORE_TOLERANCE && answer.scores.length === want.length) continue;
    throw new TypeError(`its scores of ${answer.check} are off by ${worst.toExponential(1)}`);
  }
}

function trainedOf(answers: readonly Answer[]) {
  return answers.flatMap((each) => "trained" in each ? [each] : []);
}

function refusals(entry: Entry, refused: Refusals): LeftOut[] {
  return Object.entries(refused).map(([kind, reason]) => ({
    what: `${entry.name}, ${kind}`,
    reason,
  }));
}

/** By workload: how far the mean score fell in training, nats. */
type Gains = Map<string, { readonly peer: string; readonly gain: number }[]>;

/** Peers that learn differently: their loss or their optimiser must be another. */
function peersThatLearnDifferently(gains: Gains): LeftOut[] {
  return [...gains].flatMap(([workload, found]) => {
    const middle = median(found.map(({ gain }) => gain));
    const each = found.map(({ peer, gain }) => `${peer} ${gain.toFixed(2)}`).join(", ");
    console.log(`  ${workload}, nats gained in ${CHECK.steps} steps: ${each}`);
    return found
      .filter(({ gain }) => !(Math.abs(gain / middle - 1) <= GAIN_TOLERANCE))
      .map(({ peer, gain }) => ({
        what: peer,
        reason: `its ${workload} gains ${gain.toFixed(2)} nats in training, others' ${
          middle.toFixed(2)
        }`,
      }));
  });
}
