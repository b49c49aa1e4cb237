/**
 * `elbow train DATA --out MODEL`: fits a detector to a table and writes its file; with `--spec FILE`, fits the model of
 * a specification (`train/from_spec.ts`).
 */
import { Command } from "npm:commander@15.1.0";
import { Detector, type DetectorOptions } from "../../detection/detector.ts";
import { joined, seriesNumbers, seriesOf } from "../../detection/series/by_series.ts";
import type { Table } from "../../formats/mod.ts";
import { trimmedShare } from "../../detection/options.ts";
import { requireRows } from "../../detection/rows/read_training.ts";
import { encodeTable } from "../../scoring/table/encode_table.ts";
import { detectorFigures } from "../evaluate/label_figures.ts";
import {
  requireEnding,
  requireModelPath,
  requireWritablePath,
  writeAtomically,
} from "../files/files.ts";
import { scoresOfRows } from "../files/steps.ts";
import { printWarnings } from "../text/flag_names.ts";
import { type Io, print } from "../io.ts";
import * as options from "../options.ts";
import { writeTrained } from "../models/write_trained.ts";
import { lossCurve } from "../train/loss_curve.ts";
import { readTrainingTable } from "../train/read.ts";
import { overridesOf, readOverrides } from "../train/overrides.ts";
import { noteSlowness } from "../train/wide_tables.ts";
import { columnsToRead, stepsOf } from "../train/step_columns.ts";
import { jsonLine, report } from "../text/text.ts";
import type { TrainOptions } from "../train/option.ts";
import { HELP_GROUPS } from "../train/options.ts";
import {
  type Trained,
  trainResult,
  trainSections,
  warnAboutDevice,
  warnAboutLabelledRows,
} from "../train/report.ts";
import { withRun } from "../train/run.ts";
import { trainSpec } from "../train/from_spec.ts";
import { refuseInapplicable } from "../train/refuse_options.ts";

export function trainCommand(io: Io): Command {
  const command = new Command("train").summary("fit a detector to a table")
    .description("Fits an anomaly detector to the rows of DATA and writes it to one file.")
    .argument("<data>", options.tableFile());
  for (const [group, table] of Object.entries(HELP_GROUPS)) {
    for (const { option } of Object.values(table)) command.addOption(option.helpGroup(group));
  }
  return command.action(async (data: string, given: TrainOptions) => {
    const out = options.required(given.out, "--out <model>", command);
    refuseInapplicable(given, command);
    if (given.curve !== undefined) requireEnding(given.curve, [".svg"]);
    // A machine without a GPU should report that before a long table is read.
    if (given.backend === "webgpu") await io.gpu();
    if (given.spec !== undefined) {
      return await trainSpec(data, { ...given, out, spec: given.spec }, io, command);
    }
    const trained = await train(data, { ...given, out }, io);
    warnAboutDevice(trained.detector.device, given, io);
    printWarnings(trained.detector.warnings, io);
    warnAboutLabelledRows(trained, io);
    if (given.json) print(io, jsonLine(trainResult(trained, out)));
    else io.stdout(report(trainSections(trained, out)));
    if (trained.refusal) throw trained.refusal;
  });
}

/** The scores of the rows trained on, laid out as they were. */
function scoresOf(
  detector: Detector,
  table: Table,
  { clock: given, by }: Pick<DetectorOptions, "clock" | "by">,
): Float64Array {
  const { window = 0, table: { clock } } = detector, cells = encodeTable(table, detector.schema);
  const marks = { seconds: given?.seconds, ...(by && { series: seriesNumbers(by) }) };
  const all = seriesOf(cells, marks, { spacing: clock?.spacing ?? 0 }, window);
  return scoresOfRows(detector, cells, joined(all, window));
}

/** Reads, fits and writes; returns everything that a caller may report. */
export async function train(
  data: string,
  given: TrainOptions & { readonly out: string },
  io: Io,
): Promise<Trained> {
  await requireModelPath(given.out, [data]);
  if (given.curve !== undefined) await requireWritablePath(given.curve, [data]);
  const overrides = await readOverrides(given);
  const read = await readTrainingTable(data, io, {
    ...given,
    columns: columnsToRead(given),
    overrides: [...overrides.fromFile, ...overrides.fromFlags],
  });
  const schema = overridesOf(overrides, read);
  const { table, ...marks } = await stepsOf(read, schema, given, io);
  requireRows(table, given.window, table.source);
  const detector = await withRun(
    table,
    given,
    io,
    (settings) => {
      noteSlowness(table.columns.length, settings, io);
      return Detector.fit(table, {
        ...settings,
        ...(schema.length > 0 && { schema }),
        ...marks,
      });
    },
  );
  const written = await writeTrained(detector, given.out, given.weightsFormat);
  if (given.curve !== undefined) {
    await writeAtomically(given.curve, [lossCurve(detector.report!.history)]);
  }
  const against = table.label &&
    detectorFigures(detector, scoresOf(detector, table, marks), table.label);
  const fit = detector.report!;
  return {
    detector,
    table,
    fit,
    labelFigures: against,
    ...written,
    leftOut: trimmedShare(given),
  };
}
