/**
 * `elbow reconstruct MODEL DATA`: the reconstruction of each row, E[x | z] at z = E[z | x]; or images, each
 * reconstruction below its original.
 */
import { Command } from "npm:commander@15.1.0";
import { readDataFor } from "../files/data.ts";
import { warnFirstNetworkOnly } from "../models/first_network.ts";
import { pairedRows } from "../../pictures/mod.ts";
import { inTableCells, inTableUnits } from "../models/in_table_units.ts";
import type { Io } from "../io.ts";
import { loadAny } from "../models/model.ts";
import * as options from "../options.ts";
import {
  addOutputOptions,
  IMAGE_ENDINGS,
  type ImageOptions,
  isImage,
  writeImages,
} from "../files/picture.ts";
import { requireRowsPath, type RowsDestination, writeRows } from "../files/rows_output.ts";

interface ReconstructOptions
  extends RowsDestination, ImageOptions, options.BackendOption, options.HeaderOption {}

/** Originals, with reconstructions below them, in one line of the picture. */
const PAIRS_ACROSS = 20;

export function reconstructCommand(io: Io): Command {
  const command = new Command("reconstruct").summary("write rows as the model reconstructs them")
    .description("Writes E[x | z] at z = E[z | x] for every row of DATA, as CSV.")
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile())
    .addOption(options.noHeaderOption());
  return addOutputOptions(command).action(
    async (path: string, data: string, given: ReconstructOptions) => {
      await requireRowsPath(given, [path, data], IMAGE_ENDINGS);
      using model = await loadAny(path, { backend: given.backend });
      const table = await readDataFor(model, data, io, given);
      warnFirstNetworkOnly(model, "rows", io);
      const x = model.units.toVae(table);
      const reconstructed = await (model.rbm ?? model.vae).reconstruct(x);
      const fields = { model: path, data: table.source };
      if (!isImage(given.out)) {
        return await writeRows(inTableUnits(model, reconstructed, fields), given, io);
      }
      const across = given.across ?? Math.min(table.rows, PAIRS_ACROSS);
      const pairs = pairedRows(inTableCells(model, x), inTableCells(model, reconstructed), across);
      await writeImages(pairs, given.out, { ...given, across }, { ...given, fields }, io);
    },
  );
}
