/** `elbow encode MODEL DATA`: q(z | x) of every row, as mean_0, …, logvar_0, … */
import { Command } from "npm:commander@15.1.0";
import { readDataFor } from "./data.ts";
import { requirePlace } from "./files.ts";
import type { Io } from "./io.ts";
import { loadModel } from "./model.ts";
import * as options from "./options.ts";
import { type RowsDestination, writeRows } from "./rows_output.ts";
import { shortFloat32 } from "./text.ts";

export function encodeCommand(io: Io): Command {
  return new Command("encode").summary("latent means and log-variances of rows")
    .description("Writes the mean and the log-variance of q(z | x) for every row of DATA, as CSV.")
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
      const { mean, logVar } = await model.vae.encode(x);
      const latent = mean.shape[1];
      const row = ({ data }: { data: Float32Array }) => (index: number) =>
        Array.from(data.subarray(index * latent, (index + 1) * latent), shortFloat32);
      const names = (prefix: string) => Array.from({ length: latent }, (_, l) => `${prefix}_${l}`);
      const lists = { mean: row(mean), logVar: row(logVar) };
      await writeRows(
        {
          columns: [...names("mean"), ...names("logvar")],
          rows: table.rows,
          row: (index) => [...lists.mean(index), ...lists.logVar(index)],
          fields: { model: path, data: table.source },
          lists,
        },
        given,
        io,
      );
    });
}
