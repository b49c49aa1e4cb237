/**
 * `elbow sample MODEL --count N`: new rows drawn from the model, as CSV in the units of its table, or as images.
 * `--manifold N` decodes a grid over a two-dimensional latent space instead.
 */
import { Command, InvalidArgumentError, Option } from "npm:commander@15.1.0";
import { inTableCells, inTableUnits } from "../models/in_table_units.ts";
import { type Io, note } from "../io.ts";
import { warnFirstNetworkOnly } from "../models/first_network.ts";
import { loadAny, type LoadedModel, type LoadedRbm } from "../models/model.ts";
import * as options from "../options.ts";
import { latentWidth } from "../../models/latents.ts";
import { latentGrid } from "../../pictures/mod.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import type { Cells } from "../../scoring/table/cells.ts";
import { drawRows } from "../../scoring/units.ts";
import {
  addOutputOptions,
  IMAGE_ENDINGS,
  type ImageOptions,
  isImage,
  writeImages,
} from "../files/picture.ts";
import { requireRowsPath, type RowsDestination, writeRows } from "../files/rows_output.ts";
import { shortFloat32 } from "../text/text.ts";

interface SampleOptions extends RowsDestination, ImageOptions, options.BackendOption {
  readonly count?: number;
  readonly manifold?: number;
  readonly condition?: number[];
  readonly seed?: number;
  readonly latents?: boolean;
  readonly mean?: boolean;
}

export function sampleCommand(io: Io): Command {
  const command = new Command("sample").summary("draw new rows from a model")
    .description("Draws z ~ p(z), x ~ p(x | z), and writes the rows as CSV.")
    .argument("<model>", options.MODEL_FILE)
    .addOption(
      options.integerOption("--count <n>", "rows to draw (required without --manifold)", {
        min: 1,
        max: 1e7,
      }),
    )
    .addOption(options.integerOption("--seed <n>", "seed of the draws (default: 0)"))
    .addOption(
      options.integerOption(
        "--manifold <n>",
        "decode an n by n grid of z instead; needs latent size 2",
        {
          min: 2,
          max: 200,
        },
      ),
    )
    .addOption(
      new Option("--condition <numbers>", "condition for all draws, such as 0,1,0")
        .argParser(numbers),
    )
    .option("--mean", "write E[x | z] instead of a draw of x")
    .option("--latents", "also write the z behind each row, as z_0, …");
  return addOutputOptions(command).action(async (path: string, given: SampleOptions) => {
    refuseConflicts(given, command);
    const { seed = 0, manifold } = given;
    const count = manifold ?? options.required(given.count, "--count <n>", command);
    await requireRowsPath(given, [path], IMAGE_ENDINGS);
    using model = await loadAny(path, { backend: given.backend });
    if (given.latents || manifold !== undefined) warnFirstNetworkOnly(model, "z and rows", io);
    else warnScoringNetworks(model, io);
    if (given.latents) return await writePairs(model, count, given, io);
    const drawn = await draw(model, count, given);
    const fields = manifold === undefined ? { model: path, seed } : { model: path, manifold };
    if (!isImage(given.out)) return await writeRows(inTableUnits(model, drawn, fields), given, io);
    const across = given.across ?? manifold;
    const images = inTableCells(model, drawn);
    await writeImages(images, given.out, { ...given, across }, { ...given, fields }, io);
  });
}

/** Ends the command for an option that another option, or the lack of one, makes useless. */
function refuseConflicts(
  { manifold, condition, latents, mean, across, out }: SampleOptions,
  command: Command,
) {
  if (manifold !== undefined && mean) {
    command.error(
      "error: option '--mean' is not needed with '--manifold <n>', which writes E[x | z]",
    );
  }
  if (manifold !== undefined && condition !== undefined) {
    command.error("error: option '--manifold <n>' cannot be used with '--condition <numbers>'");
  }
  if (latents && (manifold !== undefined || isImage(out))) {
    command.error("error: option '--latents' is for rows of draws only");
  }
  if (across !== undefined && !isImage(out)) {
    command.error("error: option '--across <n>' is for the pictures that --out names");
  }
}

/** Warns that an ensemble's networks are trained to score, not to draw rows. */
function warnScoringNetworks({ scorer }: LoadedModel | LoadedRbm, io: Io): void {
  if (!scorer || scorer.networks === 1) return;
  note(
    io,
    "rows are drawn from small networks that were trained to score, so many could not occur in the table; to draw realistic rows, train a model with --spec",
  );
}

/** Draws of (x, z) ~ p(z) p(x | z). */
async function writePairs(
  model: LoadedModel | LoadedRbm,
  count: number,
  given: SampleOptions,
  io: Io,
): Promise<void> {
  const { path } = model, { seed = 0, condition, mean } = given;
  if (model.rbm) {
    throw new TypeError(`Cannot sample: ${path} is a Boltzmann machine, which has no latents`);
  }
  const options = { seed, mean, ...conditionOf(count, condition) };
  const { x, z: { data, shape: [, size] } } = await model.vae.sampleJoint(count, options);
  const generated = inTableUnits(model, x, { model: path, seed });
  const z = (index: number) =>
    Array.from(data.subarray(index * size, (index + 1) * size), shortFloat32);
  const output = {
    ...generated,
    columns: [...generated.columns, ...Array.from({ length: size }, (_, l) => `z_${l}`)],
    row: (index: number) => [...generated.row(index), ...z(index)],
    lists: { ...generated.lists, z },
  };
  await writeRows(output, given, io);
}

/** @throws TypeError for an option that a Boltzmann machine does not have */
async function draw(
  model: LoadedModel | LoadedRbm,
  count: number,
  { seed = 0, manifold, condition, mean }: SampleOptions,
): Promise<Matrix | Cells> {
  if (!model.rbm) {
    if (manifold !== undefined) return await decodeGrid(model, manifold);
    const { scorer, vae } = model;
    return drawRows(scorer ?? vae, 0, count, { seed, mean, ...conditionOf(count, condition) });
  }
  const vaeOption = manifold !== undefined
    ? "manifold"
    : condition
    ? "condition"
    : mean && "mean given z";
  if (!vaeOption) return await model.rbm.sample(count, { seed });
  throw new TypeError(
    `Cannot sample: ${model.path} is a Boltzmann machine, which has no ${vaeOption}`,
  );
}

/** The same condition for every draw. */
function conditionOf(count: number, condition: number[] | undefined) {
  return condition && { condition: new Array<number[]>(count).fill(condition) };
}

function numbers(text: string): number[] {
  const values = text.split(",").map((part) => part.trim() === "" ? NaN : Number(part));
  if (values.every(Number.isFinite)) return values;
  throw new InvalidArgumentError("expected numbers, separated by commas");
}

/** E[x | z] over a grid with equal probability steps in z. */
async function decodeGrid({ path, vae }: LoadedModel, side: number): Promise<Matrix> {
  const { latent } = vae.spec;
  const size = latent.reduce((sum, layer) => sum + latentWidth(layer), 0);
  const nonGaussian = latent.find(({ type }) => type !== "gaussian");
  if (size === 2 && !nonGaussian) return await vae.decode(latentGrid(side));
  throw new RangeError(
    `Cannot draw the manifold of ${path}: latent size must be 2, got ${nonGaussian?.type ?? size}`,
  );
}
