/**
 * Which of the options of `elbow train` mean something for what is being trained: none is taken and then
 * dropped. The types ask for an entry for every option.
 */
import type { Command } from "npm:commander@15.1.0";
import type { TrainOptions } from "./train_options.ts";

/** Who takes it: a detector of tables, a model by its specification, or both. */
type Taker = "detector" | "spec" | "both";

const TAKERS: { readonly [Name in keyof Required<TrainOptions>]: Taker } = {
  out: "both",
  curve: "both",
  spec: "spec",
  label: "both",
  columns: "both",
  column: "detector",
  schema: "detector",
  preset: "detector",
  members: "detector",
  robust: "detector",
  latent: "detector",
  window: "detector",
  hidden: "detector",
  likelihood: "detector",
  objective: "both",
  binarize: "spec",
  labelledShare: "spec",
  beta: "both",
  samples: "both",
  estimator: "both",
  freeBits: "both",
  alpha: "both",
  epochs: "both",
  batchSize: "both",
  learningRate: "both",
  validation: "both",
  patience: "both",
  seed: "both",
  threads: "both",
  backend: "both",
  checkpoint: "both",
  checkpointEvery: "both",
  resume: "both",
  falseAlarmRate: "detector",
  weightsFormat: "detector",
  json: "both",
};

/** What means nothing without another. */
const NEEDS: Partial<Record<keyof TrainOptions, keyof TrainOptions>> = {
  resume: "checkpoint",
  checkpointEvery: "checkpoint",
  patience: "validation",
};

/** Ends the command for an option that what is trained, or the lack of another option, makes void. */
export function refuseVoid(given: TrainOptions, command: Command): void {
  const all = command.options.map((option) => {
    const name = option.attributeName() as keyof TrainOptions;
    return { name, flags: option.flags };
  });
  const flagsOf = (name: keyof TrainOptions) => all.find((each) => each.name === name)!.flags;
  for (const { name, flags } of all) {
    if (given[name] === undefined) continue;
    const taker = TAKERS[name], needed = NEEDS[name];
    if (given.spec === undefined && taker === "spec") {
      command.error(`error: option '${flags}' needs '${flagsOf("spec")}'`);
    }
    if (given.spec !== undefined && taker === "detector") {
      command.error(`error: option '${flagsOf("spec")}' excludes '${flags}'`);
    }
    if (needed !== undefined && given[needed] === undefined) {
      command.error(`error: option '${flags}' needs '${flagsOf(needed)}'`);
    }
  }
}
