/** `elbow reconstruct MODEL DATA`: what the model makes of each row, E[x | z] at z = E[z | x]. */
import { Command } from "npm:commander@15.1.0";
import { readDataFor } from "./data.ts";
import { requirePlace } from "./files.ts";
import { inTableUnits } from "./in_table_units.ts";
import type { Io } from "./io.ts";
import { loadModel } from "./model.ts";
import * as options from "./options.ts";
import { type RowsDestination, writeRows } from "./rows_output.ts";

export function reconstructCommand(io: Io): Command {
  return new Command("reconstruct").summary("rows as the model sees them")
    .description("Writes E[x | z] at z = E[z | x] for every row of DATA, as CSV.")
    .argument("<model>", "file written by elbow train")
    .argument("<data>", "table: .csv .tsv .npy .npz .jsonl, or - for standard input")
    .option("--out <file>", "CSV file to write instead of standard output")
    .addOption(options.backendOption())
    .addOption(options.jsonOption())
    .action(async (path: string, data: string, given: RowsDestination & options.BackendOption) => {
      if (given.out !== undefined) await requirePlace(given.out, [path, data]);
      using model = await loadModel(path, { backend: given.backend });
      const table = await readDataFor(model, data, io);
      const x = model.units.toVae(table);
      const made = await model.vae.reconstruct(x);
      await writeRows(inTableUnits(model, made, { model: path, data: table.source }), given, io);
    });
}
