/** `elbow sample MODEL --count N`: new rows from the model, as CSV in the units of its table. */
import { Command } from "npm:commander@15.1.0";
import { requirePlace } from "./files.ts";
import { inTableUnits } from "./in_table_units.ts";
import type { Io } from "./io.ts";
import { loadModel } from "./model.ts";
import * as options from "./options.ts";
import { type RowsDestination, writeRows } from "./rows_output.ts";

interface SampleOptions extends RowsDestination, options.BackendOption {
  readonly count?: number;
  readonly seed?: number;
}

export function sampleCommand(io: Io): Command {
  const command = new Command("sample").summary("draw new rows from a model")
    .description("Draws z ~ p(z), x ~ p(x | z), and writes the rows as CSV.")
    .argument("<model>", "file written by elbow train")
    .addOption(
      options.integerOption("--count <n>", "rows to draw (required)", { min: 1, max: 1e7 }),
    )
    .addOption(options.integerOption("--seed <n>", "fixes the draws; 0"))
    .option("--out <file>", "CSV file to write instead of standard output")
    .addOption(options.backendOption())
    .addOption(options.jsonOption());
  return command.action(async (path: string, given: SampleOptions) => {
    const count = options.required(given.count, "--count <n>", command);
    const { seed = 0 } = given;
    if (given.out !== undefined) await requirePlace(given.out, [path]);
    using model = await loadModel(path, { backend: given.backend });
    const drawn = await model.vae.sample(count, { seed });
    await writeRows(inTableUnits(model, drawn, { model: path, seed }), given, io);
  });
}
