/** `elbow update MODEL DATA --out FILE`: continues a model's training with new normal rows. */
import { Command } from "npm:commander@15.1.0";
import type { Detector } from "../../detection/detector.ts";
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import type { Table } from "../../formats/mod.ts";
import type { FileFormat } from "../../trained/file/quantize.ts";
import { drawDataFor, drawnRows, namingTable } from "../files/data.ts";
import { requireModelPath } from "../files/files.ts";
import { columnsOfSteps, laidOutTable } from "../files/steps.ts";
import { printWarnings } from "../text/flag_names.ts";
import { type Io, print } from "../io.ts";
import { loadDetector } from "../models/loaded_detector.ts";
import { writeTrained } from "../models/write_trained.ts";
import * as options from "../options.ts";
import { changeLines, warnOfUnlikely } from "../text/recalibration.ts";
import { count, counted, jsonLine, report } from "../text/text.ts";

/** Options as commander passes them. */
interface UpdateOptions extends options.JsonOption, options.HeaderOption {
  readonly out?: string;
  readonly epochs?: number;
  readonly maxRows?: number;
  readonly seed?: number;
  readonly weightsFormat?: FileFormat;
}

const WEIGHTS = "how the file stores its weights (default: unchanged, but f16 for int8)";

export function updateCommand(io: Io): Command {
  const command = new Command("update").summary("continue training a model on new normal rows")
    .description(
      "Takes the rows of DATA as normal and continues training on them; the old rows are not needed. Some " +
        "of the new rows calibrate: from now on the false-alarm rate holds for rows like them. A model of " +
        "preset small forgets the old rows. Of a series, DATA holds later steps. Bare VAEs are refused.",
    )
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile("table of normal rows"))
    .option("--out <model>", "file to write (required); may be the model itself")
    .addOption(options.noHeaderOption())
    .addOption(options.maxRowsOption("train and calibrate on"))
    .addOption(options.integerOption("--epochs <n>", "passes over the rows", { min: 1 }))
    .addOption(options.integerOption("--seed <n>", "seed of everything random (default: 0)"))
    .addOption(options.weightsFormatOption(WEIGHTS))
    .addOption(options.jsonOption());
  return command.action(async (path: string, data: string, given: UpdateOptions) => {
    const out = options.required(given.out, "--out <model>", command);
    await requireModelPath(out, [data]);
    using model = await loadDetector(path);
    const sample = sampleOptions({ ...given, window: model.scorer.window }, model.scorer.table.by);
    const also = columnsOfSteps(model.scorer);
    const read = await drawDataFor(model, data, io, sample, { ...given, also });
    const table = await laidOutTable(model.scorer, read, io);
    await update(model.scorer, table, { from: path, to: out }, given, io);
  });
}

async function update(
  detector: Detector,
  table: Table,
  { from, to: out }: { readonly from: string; readonly to: string },
  { epochs, seed, weightsFormat: format, json }: UpdateOptions,
  io: Io,
): Promise<void> {
  const run = {
    signal: io.signal,
    ...(epochs && { epochs }),
    ...(seed !== undefined && { seed }),
  };
  const result = await namingTable(table, () => detector.partialFit(table, run));
  const { bytes, refusal } = await writeTrained(detector, out, format, from), data = table.source;
  if (json) {
    const file = { model: out, bytes, data, ...drawnRows(table) };
    print(io, jsonLine({ ...file, ...result }));
  } else {
    const { trained, rows } = result;
    io.stdout(report([{
      lines: [
        ["Model", `${out} (${count(bytes)} bytes)`],
        ["Trained further on", `${data} (${counted(trained, "row")})`],
        [
          "Calibrated on",
          `${counted(rows, "row")} of it: the rate below is that of rows like these`,
        ],
        ...changeLines(result),
      ],
    }]));
  }
  warnOfUnlikely(result, io);
  printWarnings(detector.warnings, io);
  if (refusal) throw refusal;
}
