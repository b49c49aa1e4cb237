/** `elbow train DATA --out MODEL`: fits a detector to a table and writes its file. */
import { Command } from "npm:commander@15.1.0";
import { defaultTraining } from "../detection/defaults.ts";
import { Detector, type DetectorOptions } from "../detection/detector.ts";
import type { Table } from "../formats/mod.ts";
import type { ObjectiveInput } from "../objectives/objective.ts";
import type { CheckpointStore } from "../training/checkpoint.ts";
import { type LabelFigures, labelFigures } from "./against_label.ts";
import { namingTable, readData } from "./data.ts";
import { openDirectoryStore } from "./directory_store.ts";
import { requirePlace, writeWhole } from "./files.ts";
import { type Io, print } from "./io.ts";
import { inFile } from "./model.ts";
import * as options from "./options.ts";
import { lossCurve } from "./loss_curve.ts";
import { createProgress } from "./progress.ts";
import { counted, jsonLine, report } from "./text.ts";
import { addTrainOptions, type TrainOptions } from "./train_options.ts";
import { type Trained, trainResult, trainSections } from "./train_report.ts";

/** Options that the detector takes under the same name. */
const SAME = [
  "preset",
  "members",
  "latent",
  "hidden",
  "likelihood",
  "falseAlarmRate",
  "epochs",
  "batchSize",
  "validation",
  "seed",
  "backend",
  "threads",
] as const;

export function trainCommand(io: Io): Command {
  const command = addTrainOptions(
    new Command("train").summary("fit a detector to a table")
      .description("Fits an anomaly detector to the rows of DATA and writes it to one file.")
      .argument("<data>", "table: .csv .tsv .npy .npz .jsonl, or - for standard input"),
  );
  return command.action(async (data: string, given: TrainOptions) => {
    const out = options.required(given.out, "--out <model>", command);
    if (given.resume && given.checkpoint === undefined) {
      command.error("error: option '--resume' needs '--checkpoint <dir>'");
    }
    if (given.patience !== undefined && given.validation === undefined) {
      command.error("error: option '--patience <epochs>' needs '--validation <share>'");
    }
    const trained = await train(data, { ...given, out }, io);
    const { threads, reason } = trained.detector.device;
    if ((given.threads ?? 1) > threads) {
      io.stderr(`elbow: ran on ${counted(threads, "thread")}: ${reason}\n`);
    }
    for (const warning of trained.detector.warnings) io.stderr(`elbow: ${warning}\n`);
    if (given.json) print(io, jsonLine(trainResult(trained, out)));
    else io.stdout(report(trainSections(trained, out)));
  });
}

/** Reads, fits and writes; everything a caller may want to say about it comes back. */
export async function train(
  data: string,
  given: TrainOptions & { readonly out: string },
  io: Io,
): Promise<Trained> {
  await requirePlace(given.out, [data]);
  if (given.curve !== undefined) await requirePlace(given.curve, [data]);
  const table = await readData(data, io, { label: given.label, columns: given.columns });
  const detector = await fit(table, given, io);
  const bytes = detector.save();
  await writeWhole(given.out, [bytes]);
  if (given.curve !== undefined) {
    await writeWhole(given.curve, [lossCurve(detector.report!.history)]);
  }
  const against = table.label && labelsAgainst(detector, table, table.label);
  return { detector, table, fit: detector.report!, against, bytes: bytes.length };
}

async function fit(table: Table, given: TrainOptions, io: Io): Promise<Detector> {
  const progress = createProgress(io, given.json);
  const store = given.checkpoint === undefined
    ? undefined
    : await openDirectoryStore(given.checkpoint, {
      resume: given.resume ?? false,
      everySeconds: given.checkpointEvery ?? 1,
    });
  const { data, rows, columns, source } = table;
  const settings = { ...fitOptions(given, store), signal: io.signal, onProgress: progress.update };
  try {
    return await namingTable(
      source,
      () => Detector.fit({ data, shape: [rows, columns.length] }, { ...settings, columns }),
    );
  } catch (error) {
    throw store ? aboutCheckpoint(error, store.path) : error;
  } finally {
    progress.end();
  }
}

/** The options that were given, and the detector's defaults where one of its options holds several. */
function fitOptions(given: TrainOptions, checkpoint?: CheckpointStore): DetectorOptions {
  const { optimizer } = defaultTraining(1);
  const { patience } = given;
  return {
    ...pick(given, SAME),
    ...(hasObjective(given) && { objective: objectiveOf(given) }),
    optimizer: { ...optimizer!, ...pick(given, ["learningRate"]) },
    ...(patience !== undefined && { earlyStopping: { patience } }),
    ...(checkpoint && { checkpoint }),
  };
}

const OBJECTIVE_OPTIONS = [
  "objective",
  "beta",
  "samples",
  "estimator",
  "freeBits",
  "alpha",
] as const;

function hasObjective(given: TrainOptions): boolean {
  return OBJECTIVE_OPTIONS.some((key) => given[key] !== undefined);
}

/** What was asked for; the detector's warm-up belongs to its own objective alone. */
function objectiveOf({ objective: type = "elbo", ...given }: TrainOptions): ObjectiveInput {
  const numbers = pick(given, ["beta", "samples", "estimator", "freeBits", "alpha"]);
  const base = type === "elbo" ? defaultTraining(1).objective : { type };
  // Which of them an objective takes is for the library to say.
  return { ...base, ...numbers } as ObjectiveInput;
}

/** The fields that are there: an undefined one would replace a default. */
function pick<Fields, Key extends keyof Fields>(
  fields: Fields,
  keys: readonly Key[],
): Partial<Pick<Fields, Key>> {
  const kept = keys.filter((key) => fields[key] !== undefined).map((key) => [key, fields[key]]);
  return Object.fromEntries(kept) as Partial<Pick<Fields, Key>>;
}

function aboutCheckpoint(error: unknown, path: string): unknown {
  if (error instanceof SyntaxError) return inFile(path, error);
  if (!(error instanceof TypeError && error.message.startsWith("Cannot resume: "))) return error;
  const fault = error.message.slice("Cannot resume: ".length);
  return new TypeError(
    `Cannot resume from ${path}: ${fault}: give the data and options of that run, or leave out --resume`,
    { cause: error },
  );
}

function labelsAgainst(detector: Detector, table: Table, label: Float64Array): LabelFigures {
  const { scores, pValues } = detector.scoreCells(table);
  return labelFigures(scores, label, Array.from(pValues, (p) => detector.isAnomaly(p)));
}
