/** One process of `bench:scaling`: the requested cases, on that many threads. */
import { loadElbow } from "../lib/elbow.ts";
import { scoreProgram, trainStep } from "../lib/models.ts";
import { openProbe } from "../lib/probe.ts";
import { readRequest, tell } from "../lib/protocol.ts";
import { randomModel } from "../lib/random_model.ts";
import { roundSamples, type Samples } from "../lib/statistics.ts";
import { sample } from "../lib/timing.ts";
import type { ScalingCase } from "./cases.ts";

export interface ScalingRequest {
  readonly cases: readonly ScalingCase[];
  readonly threads: number;
  readonly seconds: number;
  readonly folder: string;
}

/** `index` is that of the request's case; `threads` are those in use. */
export type ScalingAnswer = { readonly index: number; readonly threads: number } & Samples;

const { cases, threads, seconds, folder } = readRequest<ScalingRequest>();
const probe = await openProbe(await Deno.readFile(`${folder}/probe.wasm`));
const elbow = await loadElbow();
const elbo = elbow.objective.parseObjective({ type: "elbo" });
for (const [index, { work, workload, rows }] of cases.entries()) {
  const model = randomModel(workload, rows, 1);
  const ready = work === "score"
    ? scoreProgram(elbow, model, rows, { threads })
    : trainStep(elbow, model, rows, elbo, { threads });
  const samples = roundSamples(await sample(ready.run, seconds, probe));
  tell({ index, threads: ready.threads, ...samples } satisfies ScalingAnswer);
  ready.dispose();
}
