/** `elbow train DATA --out MODEL`: fits a detector to a table and writes its file. */
import { Command, Option } from "npm:commander@15.1.0";
import { defaultTraining } from "../detection/defaults.ts";
import { Detector, type DetectorOptions } from "../detection/detector.ts";
import type { Table } from "../formats/mod.ts";
import type { CheckpointStore } from "../training/checkpoint.ts";
import type { FitReport } from "../training/report.ts";
import { type LabelFigures, labelFigures, labelSection } from "./against_label.ts";
import { namingTable, readData } from "./data.ts";
import { openDirectoryStore } from "./directory_store.ts";
import { requirePlace, writeWhole } from "./files.ts";
import type { Io } from "./io.ts";
import { inFile } from "./model.ts";
import * as options from "./options.ts";
import { createProgress } from "./progress.ts";
import { count, counted, jsonLine, nats, report, type Section } from "./text.ts";

/** Options as commander hands them over; what is absent has the library's default. */
export interface TrainOptions extends options.JsonOption, options.BackendOption {
  readonly out?: string;
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly latent?: number;
  readonly hidden?: readonly number[];
  readonly likelihood?: "gaussian" | "bernoulli";
  readonly objective?: "elbo";
  readonly beta?: number;
  readonly samples?: number;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly learningRate?: number;
  readonly validation?: number;
  readonly patience?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly checkpoint?: string;
  readonly checkpointEvery?: number;
  readonly resume?: boolean;
  readonly falseAlarmRate?: number;
}

/** A fitted detector, and what it was fitted to. */
export interface Trained {
  readonly detector: Detector;
  readonly table: Table;
  readonly fit: FitReport;
  /** How its scores compare with the label, on all rows of the table. */
  readonly against?: LabelFigures;
  readonly bytes: number;
}

export function trainCommand(io: Io): Command {
  const { numberOption, integerOption } = options;
  const command = new Command("train").summary("fit a detector to a table")
    .description("Fits an anomaly detector to the rows of DATA and writes it to one file.")
    .argument("<data>", "table: .csv .tsv .npy .npz .jsonl, or - for standard input")
    .option("--out <model>", "file to write (required)")
    .option("--label <column>", "column kept out of training, used only to report")
    .addOption(options.namesOption("--columns <a,b,c>", "columns to train on; all but the label"))
    .addOption(
      integerOption("--latent <n>", "latent dimensions; half of the columns, 2 to 16", {
        min: 1,
        max: 1e6,
      }),
    )
    .addOption(
      options.integersOption("--hidden <64,32>", "widths of the encoder's hidden layers; 64,64"),
    )
    .addOption(
      new Option("--likelihood <type>", "gaussian, or bernoulli for values from 0 to 1").choices([
        "gaussian",
        "bernoulli",
      ]),
    )
    .addOption(new Option("--objective <type>", "what to train for").choices(["elbo"]))
    .addOption(numberOption("--beta <weight>", "weight of the KL; 1", { min: 0 }))
    .addOption(
      integerOption("--samples <n>", "draws of z per row and step; 1", { min: 1, max: 10_000 }),
    )
    .addOption(
      integerOption("--epochs <n>", "passes over the rows; about 2000 steps' worth", {
        min: 1,
        max: 1e7,
      }),
    )
    .addOption(integerOption("--batch-size <n>", "rows per step; 128", { min: 1, max: 1e6 }))
    .addOption(
      numberOption("--learning-rate <rate>", "Adam's, falling to zero over the run; 0.003", {
        above: 0,
      }),
    )
    .addOption(
      numberOption("--validation <share>", "rows kept back to report their ELBO, such as 0.1", {
        above: 0,
        max: 0.9,
      }),
    )
    .addOption(
      integerOption("--patience <epochs>", "stop once validation is no better for so long", {
        min: 1,
      }),
    )
    .addOption(integerOption("--seed <n>", "fixes everything random; 0"))
    .addOption(options.falseAlarmRateOption("normal rows that may be flagged; 0.01"))
    .addOption(options.backendOption())
    .addOption(integerOption("--threads <n>", "threads; 1 is all there is yet", { min: 1, max: 1 }))
    .option("--checkpoint <dir>", "folder to keep the state of the run in")
    .addOption(
      numberOption("--checkpoint-every <seconds>", "time between two checkpoints; 1", { min: 0 }),
    )
    .option("--resume", "go on from the folder's checkpoint, if it holds one")
    .addOption(options.jsonOption());
  return command.action(async (data: string, given: TrainOptions) => {
    const out = options.required(given.out, "--out <model>", command);
    if (given.resume && given.checkpoint === undefined) {
      command.error("error: option '--resume' needs '--checkpoint <dir>'");
    }
    if (given.patience !== undefined && given.validation === undefined) {
      command.error("error: option '--patience <epochs>' needs '--validation <share>'");
    }
    const trained = await train(data, { ...given, out }, io);
    for (const warning of trained.detector.warnings) io.stderr(`elbow: ${warning}\n`);
    if (given.json) { for (const piece of jsonLine(resultOf(trained, out))) io.stdout(piece); }
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
  const table = await readData(data, io, { label: given.label, columns: given.columns });
  const detector = await fit(table, given, io);
  const bytes = detector.save();
  await writeWhole(given.out, [bytes]);
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

/** The options that were given, and the detector's defaults where an option holds several. */
function fitOptions(given: TrainOptions, checkpoint?: CheckpointStore): DetectorOptions {
  const { latent, hidden, likelihood, epochs, batchSize, validation, seed, backend, threads } =
    given;
  const { beta, samples, learningRate, patience, falseAlarmRate } = given;
  const { objective, optimizer } = defaultTraining(1);
  const simple = {
    latent,
    hidden,
    likelihood,
    epochs,
    batchSize,
    validation,
    seed,
    backend,
    threads,
  };
  return {
    ...defined({ ...simple, falseAlarmRate, checkpoint }),
    objective: { ...objective, ...defined({ beta, samples }) },
    optimizer: { ...optimizer!, ...defined({ learningRate }) },
    ...(patience !== undefined && { earlyStopping: { patience } }),
  };
}

/** Without the keys whose value is undefined: those would replace a default. */
function defined<Fields extends object>(fields: Fields): Partial<Fields> {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as Partial<Fields>;
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

function labelsAgainst(
  detector: Detector,
  { data, rows }: Table,
  label: Float64Array,
): LabelFigures {
  const { scores, pValues } = detector.scoreCells({ data, rows });
  return labelFigures(scores, label, Array.from(pValues, (p) => detector.isAnomaly(p)));
}

/** What `--json` prints. */
function resultOf({ detector, table, fit, against, bytes }: Trained, model: string) {
  const history = fit.history.map((means) => ({ ...means, reconstruction: -means.reconstruction }));
  const { elbo, reconstruction, kl, activeUnits, validationElbo } = history[fit.epoch - 1];
  const { falseAlarmRate, threshold, calibrationRows, device, warnings } = detector;
  return {
    model,
    bytes,
    data: table.source,
    rows: table.rows,
    columns: table.columns,
    trainingRows: table.rows - calibrationRows,
    calibrationRows,
    epoch: fit.epoch,
    elbo,
    reconstruction,
    kl,
    activeUnits,
    latent: detector.vae.spec.latent[0].size,
    validationElbo,
    stoppedEarly: fit.stoppedEarly,
    skippedSteps: fit.skippedSteps,
    rollbacks: fit.rollbacks,
    falseAlarmRate,
    threshold,
    device,
    warnings,
    label: against,
    history,
  };
}

/** The result for a person. */
export function trainSections(trained: Trained, model: string): Section[] {
  const { detector, table, fit, against, bytes } = trained;
  const last = fit.history[fit.epoch - 1];
  const { calibrationRows, falseAlarmRate, threshold, vae } = detector;
  const label = table.label ? ", label kept out" : "";
  const troubles = fit.skippedSteps + fit.rollbacks;
  return [
    {
      lines: [
        [
          "Data",
          `${table.source} (${counted(table.rows, "row")}, ${
            counted(table.columns.length, "column")
          }${label})`,
        ],
        [
          "Trained on",
          `${counted(table.rows - calibrationRows, "row")}, ${
            count(calibrationRows)
          } more to calibrate`,
        ],
        ["Model", `${model} (${count(bytes)} bytes)`],
        ["Flags rows above", `${nats(threshold)} nats, at a false-alarm rate of ${falseAlarmRate}`],
        [
          "Backend",
          Object.values(vae.device).filter((value) => typeof value === "string").join(", "),
        ],
      ],
    },
    {
      title: `Epoch ${fit.epoch}${
        fit.stoppedEarly ? ", the best: stopped early" : ""
      }; nats per row of the standardised table`,
      lines: [
        ["ELBO", nats(last.elbo)],
        ["  ln p(x | z)", nats(-last.reconstruction)],
        ["  KL", nats(last.kl)],
        ...(last.validationElbo === undefined
          ? []
          : [["Validation ELBO", nats(last.validationElbo)] as const]),
        ["Active units", `${last.activeUnits} of ${vae.spec.latent[0].size}`],
        ...(troubles === 0 ? [] : [
          [
            "Trouble",
            `${counted(fit.skippedSteps, "skipped step")}, ${counted(fit.rollbacks, "rollback")}`,
          ] as const,
        ]),
      ],
    },
    ...(against ? [labelSection(against, table.rows, "all rows, those trained on included")] : []),
  ];
}
