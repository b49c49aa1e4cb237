/** How a training run goes, from the options of `elbow train`, for any model. */
import { defaultTraining } from "../../detection/defaults.ts";
import type { ObjectiveInput } from "../../objectives/objective.ts";
import type { Table } from "../../formats/mod.ts";
import { type CheckpointStore, ResumeError } from "../../training/run/checkpoint.ts";
import type { FitOptions } from "../../training/options.ts";
import { namingTable } from "../files/data.ts";
import { openDirectoryStore } from "./directory_store.ts";
import type { Io } from "../io.ts";
import { inFile } from "../models/model.ts";
import { createProgress } from "./progress.ts";
import { counted } from "../text/text.ts";
import { givenTo } from "./given.ts";
import type { TrainOptions } from "./option.ts";

/** What the fit of a detector or of a VAE takes; `refuseVoid` has refused what it does not. */
export type RunSettings =
  & ReturnType<typeof givenTo<"fit">>
  & Pick<FitOptions, "objective" | "optimizer" | "earlyStopping" | "checkpoint" | "signal">
  & Pick<FitOptions, "onProgress">;

/**
 * Runs `fit` with what was asked for: progress, checkpoints, interruption. Complaints about a row then name
 * the table, and those about a checkpoint its folder.
 */
export async function withRun<Value>(
  table: Pick<Table, "source" | "lines" | "drawn" | "rows">,
  given: TrainOptions,
  io: Io,
  fit: (settings: RunSettings) => Promise<Value>,
): Promise<Value> {
  const progress = createProgress(io, given.json);
  const store = given.checkpoint === undefined
    ? undefined
    : await openDirectoryStore(given.checkpoint, {
      resume: given.resume ?? false,
      everySeconds: given.checkpointEvery ?? 1,
    });
  const settings = {
    ...settingsOf(given, store),
    signal: io.signal,
    onProgress: progress.update,
  };
  progress.note(`looking at ${counted(table.rows, "row")}`);
  try {
    return await namingTable(table, () => fit(settings));
  } catch (error) {
    throw store ? aboutCheckpoint(error, store.path) : error;
  } finally {
    progress.end();
  }
}

/** The options that were given, and the defaults of tables where one of these holds several. */
function settingsOf(given: TrainOptions, checkpoint?: CheckpointStore): RunSettings {
  const { patience, learningRate } = given, objective = objectiveOf(given);
  const { optimizer } = defaultTraining(1);
  return {
    ...givenTo("fit", given),
    ...(objective && { objective }),
    // Only where it was asked for: a linear fit has no use for one, and refuses it.
    ...(learningRate !== undefined && { optimizer: { ...optimizer!, learningRate } }),
    ...(patience !== undefined && { earlyStopping: { patience } }),
    ...(checkpoint && { checkpoint }),
  };
}

/** What was asked for, if anything; the warm-up of tables belongs to their own objective alone. */
function objectiveOf(given: TrainOptions): ObjectiveInput | undefined {
  const parts = givenTo("objective", given), { objective = "elbo" } = given;
  if (given.objective === undefined && Object.keys(parts).length === 0) return undefined;
  const base = objective === "elbo"
    ? { type: objective, ...defaultTraining(1).objective }
    : typeof objective === "string"
    ? { type: objective }
    : objective;
  // Which of them an objective takes is for the library to say.
  return { ...base, ...parts } as ObjectiveInput;
}

function aboutCheckpoint(error: unknown, path: string): unknown {
  if (error instanceof SyntaxError) return inFile(path, error);
  if (!(error instanceof ResumeError)) return error;
  return new TypeError(
    `Cannot resume from ${path}: ${error.reason}: give the data and options of that run, or leave out --resume`,
    { cause: error },
  );
}
