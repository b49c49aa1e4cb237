/**
 * `elbow classify MODEL DATA`: q(y | x) of every row, as class_0, …, and the most probable class, from a model with a
 * classifier. DATA holds x alone, or the columns of the training table, whose last column, the class, is left out.
 */
import { Command } from "npm:commander@15.1.0";
import { firstColumns } from "../../trained/rows/matrix.ts";
import { readDataFor } from "../files/data.ts";
import type { Io } from "../io.ts";
import { loadModel } from "../models/model.ts";
import * as options from "../options.ts";
import {
  addRowsOut,
  requireRowsPath,
  type RowsDestination,
  writeRows,
} from "../files/rows_output.ts";
import { shortFloat32 } from "../text/text.ts";

interface ClassifyOptions extends RowsDestination, options.BackendOption, options.HeaderOption {}

export function classifyCommand(io: Io): Command {
  const command = new Command("classify").summary("write the probability of each class")
    .description("Writes q(y | x) and the most probable class of every row of DATA, as CSV.")
    .argument("<model>", "file written by elbow train --spec, with a classifier")
    .argument("<data>", options.tableFile("table of x"));
  return addRowsOut(command, "CSV file to write instead of standard output")
    .addOption(options.noHeaderOption())
    .addOption(options.backendOption())
    .addOption(options.jsonOption())
    .action(async (path: string, data: string, given: ClassifyOptions) => {
      await requireRowsPath(given, [path, data]);
      using model = await loadModel(path, { backend: given.backend });
      const { classifier, condition: classes, inputs } = model.vae.spec;
      if (!classifier) throw new TypeError(`Cannot classify: ${path} has no classifier`);
      const table = await readDataFor(model, data, io, given);
      const x = firstColumns(model.units.toVae(table), inputs);
      const { data: probabilities } = await model.vae.classify(x);
      const probabilitiesOf = (index: number) =>
        Array.from(probabilities.subarray(index * classes, (index + 1) * classes), shortFloat32);
      const best = (index: number) =>
        probabilitiesOf(index).indexOf(Math.max(...probabilitiesOf(index)));
      await writeRows(
        {
          columns: ["class", ...Array.from({ length: classes }, (_, c) => `class_${c}`)],
          rows: table.rows,
          row: (index) => [best(index), ...probabilitiesOf(index)],
          fields: { model: path, data: table.source },
          lists: { probabilities: probabilitiesOf, class: (index) => [best(index)] },
        },
        given,
        io,
      );
    });
}
