/** `elbow recalibrate MODEL DATA --out FILE`: recalibrates scores on new normal rows, without training. */
import { Command } from "npm:commander@15.1.0";
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import type { Recalibration } from "../../detection/recalibrate.ts";
import type { Table } from "../../formats/mod.ts";
import type { FileFormat } from "../../trained/file/quantize.ts";
import { columnsOfSteps, laidOutTable } from "../files/steps.ts";
import { drawDataFor, drawnRows, namingTable } from "../files/data.ts";
import { requireModelPath, writeAtomically } from "../files/files.ts";
import { printWarnings } from "../text/flag_names.ts";
import { type Io, print } from "../io.ts";
import { loadDetector } from "../models/loaded_detector.ts";
import * as options from "../options.ts";
import { changeLines, warnOfUnlikely } from "../text/recalibration.ts";
import { count, jsonLine, report, rowsOutOf, type Section } from "../text/text.ts";

/** Options as commander passes them. */
interface RecalibrateOptions extends options.JsonOption, options.HeaderOption {
  readonly out?: string;
  readonly maxRows?: number;
  readonly seed?: number;
  readonly weightsFormat?: FileFormat;
}

export function recalibrateCommand(io: Io): Command {
  const command = new Command("recalibrate").summary("calibrate a model on new normal rows")
    .description(
      "Takes the rows of DATA as normal: from now on they set p-values and thresholds, and drift is " +
        "measured from them. Nothing is trained. Also converts a file to another weights format.",
    )
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile("table of normal rows"))
    .option("--out <model>", "file to write (required); may be the model itself")
    .addOption(options.noHeaderOption())
    .addOption(options.maxRowsOption("take"))
    .addOption(options.integerOption("--seed <n>", "seed of the draw (default: 0)"))
    .addOption(options.weightsFormatOption("how the file stores its weights (default: unchanged)"))
    .addOption(options.jsonOption());
  return command.action(async (path: string, data: string, given: RecalibrateOptions) => {
    const out = options.required(given.out, "--out <model>", command);
    await requireModelPath(out, [data]);
    using model = await loadDetector(path);
    const { window } = model.scorer;
    const sample = sampleOptions({ ...given, window }, model.scorer.table.by),
      also = columnsOfSteps(model.scorer);
    const table = await drawDataFor(model, data, io, sample, { ...given, also });
    const steps = await laidOutTable(model.scorer, table, io);
    const result = await namingTable(table, async () => model.scorer.recalibrate(steps));
    const bytes = model.scorer.save({ format: given.weightsFormat });
    await writeAtomically(out, [bytes]);
    if (given.json) {
      const file = { model: out, bytes: bytes.length, data, ...drawnRows(table) };
      print(io, jsonLine({ ...file, ...result }));
    } else io.stdout(report(sections(out, bytes.length, table, result)));
    warnOfUnlikely(result, io);
    printWarnings(model.scorer.table.calibrationWarnings, io);
  });
}

function sections(
  out: string,
  bytes: number,
  { source, rows, drawn }: Table,
  result: Recalibration,
): Section[] {
  return [{
    lines: [
      ["Model", `${out} (${count(bytes)} bytes)`],
      ["Calibrated on", `${source} (${rowsOutOf(result.rows, drawn?.rows ?? rows)})`],
      ...changeLines(result),
    ],
  }];
}
