/** Runs the training of any model with the options of `elbow train`. */
import { defaultTraining } from "../../detection/defaults.ts";
import type { ObjectiveInput } from "../../objectives/objective.ts";
import type { Table } from "../../formats/mod.ts";
import { type CheckpointStore, ResumeError } from "../../training/run/checkpoint.ts";
import type { FitOptions } from "../../training/options.ts";
import { namingTable } from "../files/data.ts";
import { openDirectoryStore } from "./directory_store.ts";
import { type Io, note } from "../io.ts";
import { aboutFile } from "../models/model.ts";
import { createProgress } from "../text/progress.ts";
import { counted } from "../text/text.ts";
import { flagsFor } from "./flags_for.ts";
import type { TrainOptions } from "./option.ts";

/** Settings for fitting a detector or a VAE; `refuseInapplicable` has refused those that do not apply. */
export type RunSettings =
  & ReturnType<typeof flagsFor<"fit">>
  & Pick<FitOptions, "objective" | "optimizer" | "earlyStopping" | "checkpoint" | "signal">
  & Pick<FitOptions, "onProgress">;

/**
 * Runs `fit` with progress, checkpoints and interruption as asked for. Errors about a row then name the table, and
 * those about a checkpoint its folder.
 */
export async function withRun<Value>(
  table: Table,
  given: TrainOptions,
  io: Io,
  fit: (settings: RunSettings) => Promise<Value>,
): Promise<Value> {
  const progress = createProgress(io, given.json);
  using store = given.checkpoint === undefined
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
    progress.end();
    if (store?.holdsRun && settings.signal.aborted) {
      note(
        io,
        `${given.checkpoint} keeps the run so far: the same command with --resume continues`,
      );
    }
    throw store ? namingCheckpoint(error, store.path) : error;
  } finally {
    progress.end();
  }
}

/** The given options, completed with the defaults for tables where one setting holds several options. */
function settingsOf(given: TrainOptions, checkpoint?: CheckpointStore): RunSettings {
  const { patience, learningRate } = given, objective = objectiveOf(given);
  const { optimizer } = defaultTraining(1);
  return {
    ...flagsFor("fit", given),
    ...(objective && { objective }),
    // Only if it was given: a linear fit has no use for it, and refuses it.
    ...(learningRate !== undefined && { optimizer: { ...optimizer!, learningRate } }),
    ...(patience !== undefined && { earlyStopping: { patience } }),
    ...(checkpoint && { checkpoint }),
  };
}

/** The objective, if any was given; the default warm-up for tables applies only to the ELBO. */
function objectiveOf(given: TrainOptions): ObjectiveInput | undefined {
  const parts = flagsFor("objective", given), { objective = "elbo" } = given;
  if (given.objective === undefined && Object.keys(parts).length === 0) return undefined;
  const base = objective === "elbo"
    ? { type: objective, ...defaultTraining(1).objective }
    : typeof objective === "string"
    ? { type: objective }
    : objective;
  // The library checks which of them the objective takes.
  return { ...base, ...parts } as ObjectiveInput;
}

function namingCheckpoint(error: unknown, path: string): unknown {
  if (!(error instanceof ResumeError)) return aboutFile(path, error);
  return new TypeError(
    `Cannot resume from ${path}: ${error.reason}: give the data and options of that run, or leave out --resume`,
    { cause: error },
  );
}
