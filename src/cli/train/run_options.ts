/** Options of `elbow train` for the run: its steps, its end, its checkpoints. */
import { Option } from "npm:commander@15.1.0";
import { backendOption, integerOption, numberOption } from "../options.ts";
import { ALL, NETWORKS, type TrainOptionTable, VAES } from "./option.ts";

/** In the order of the help. */
export const RUN_OPTIONS = {
  epochs: {
    appliesTo: ALL,
    to: "fit",
    option: integerOption(
      "--epochs <n>",
      "passes over the rows (default: about 500 steps' worth, 2000 for preset small; 50 for an rbm)",
      { min: 1, max: 1e7 },
    ),
  },
  batchSize: {
    appliesTo: NETWORKS,
    to: "fit",
    option: integerOption("--batch-size <n>", "rows per step (default: 96; 128 for preset small)", {
      min: 1,
      max: 1e6,
    }),
  },
  learningRate: {
    appliesTo: NETWORKS,
    option: numberOption(
      "--learning-rate <rate>",
      "Adam's rate, falling to 0 over the run (default: 0.005)",
      {
        above: 0,
      },
    ),
  },
  validation: {
    appliesTo: VAES,
    to: "fit",
    option: numberOption(
      "--validation <share>",
      "share of rows held back to report their ELBO, such as 0.1",
      { above: 0, max: 0.9 },
    ),
  },
  patience: {
    appliesTo: VAES,
    needs: "validation",
    option: integerOption(
      "--patience <epochs>",
      "stop when validation has not improved for this many epochs",
      {
        min: 1,
      },
    ),
  },
  seed: {
    appliesTo: ALL,
    to: "fit",
    option: integerOption("--seed <n>", "seed of everything random (default: 0)"),
  },
  threads: {
    appliesTo: ALL,
    to: "fit",
    option: integerOption(
      "--threads <n>",
      "threads to use at most, if the model is large enough to gain (default: 1)",
      { min: 1, max: 1024 },
    ),
  },
  backend: { appliesTo: ALL, to: "fit", option: backendOption() },
  checkpoint: {
    appliesTo: VAES,
    option: new Option("--checkpoint <dir>", "folder that keeps the state of the run"),
  },
  checkpointEvery: {
    appliesTo: VAES,
    needs: "checkpoint",
    option: numberOption(
      "--checkpoint-every <seconds>",
      "seconds between two checkpoints (default: 1)",
      {
        min: 0,
      },
    ),
  },
  resume: {
    appliesTo: VAES,
    needs: "checkpoint",
    option: new Option("--resume", "continue from the folder's checkpoint, if it holds one"),
  },
} satisfies TrainOptionTable;
