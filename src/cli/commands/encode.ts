/**
 * `elbow encode MODEL DATA`: q(z | x) of every row, as mean_0, …, logvar_0, …; for a Boltzmann machine p(h = 1 | x), as
 * means alone; or two dimensions of the means as a scatter chart.
 */
import { Command } from "npm:commander@15.1.0";
import type { Table } from "../../formats/mod.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { readClasses } from "../files/classes.ts";
import { readDataFor } from "../files/data.ts";
import { columnsOfSteps, layOut, vaeRows } from "../files/steps.ts";
import { endingOf } from "../text/paths.ts";
import { repeatable } from "../files/input.ts";
import { warnFirstNetworkOnly } from "../models/first_network.ts";
import { type Io, note } from "../io.ts";
import { loadAny, type LoadedModel, type LoadedRbm } from "../models/model.ts";
import * as options from "../options.ts";
import { axesOption, isSvg, writeScatter } from "../files/picture.ts";
import {
  addRowsOut,
  requireRowsPath,
  type RowsDestination,
  writeRows,
} from "../files/rows_output.ts";
import { counted, shortFloat32 } from "../text/text.ts";

interface EncodeOptions extends RowsDestination, options.BackendOption, options.HeaderOption {
  readonly label?: string;
  readonly axes?: readonly number[];
  readonly draws?: boolean;
  readonly seed?: number;
}

export function encodeCommand(io: Io): Command {
  const command = new Command("encode").summary("write latent means and log-variances of rows")
    .description(
      "Writes the mean and the log-variance of q(z | x) for every row of DATA, as CSV. With flows and in " +
        "a ladder they are estimated from 256 draws, with the same noise for every row.",
    )
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile());
  addRowsOut(command, "CSV file, or scatter plot as .svg, to write instead of standard output")
    .option("--label <column>", "with --out x.svg: column that sets the colours")
    .addOption(options.noHeaderOption())
    .addOption(axesOption())
    .option("--draws", "also write a draw of q(z | x) for each row, as z_0, …")
    .addOption(options.integerOption("--seed <n>", "seed of the draws (default: 0)"))
    .addOption(options.backendOption())
    .addOption(options.jsonOption());
  return command.action(async (path: string, data: string, given: EncodeOptions) => {
    if (given.seed !== undefined && !given.draws) {
      command.error("error: option '--seed <n>' needs '--draws'");
    }
    if (given.draws && isSvg(given.out)) {
      command.error("error: option '--draws' writes rows, not the scatter plot that --out names");
    }
    if (given.axes && !isSvg(given.out)) {
      command.error("error: option '--axes' is for the picture that --out names, an .svg");
    }
    await encode(path, data, given, io);
  });
}

async function encode(path: string, data: string, given: EncodeOptions, io: Io): Promise<void> {
  await requireRowsPath(given, [path, data], [".svg"]);
  using model = await loadAny(path, { backend: given.backend });
  const { table: read, classes } = await readRows(model, data, given, io), { scorer } = model;
  const steps = scorer ? await layOut(scorer, read, io) : { table: read }, { table } = steps;
  warnFirstNetworkOnly(model, "latents", io);
  const { x, rows } = vaeRows(model, steps);
  if (scorer?.window !== undefined) {
    note(
      io,
      `${
        counted(rows.length, "window")
      } of ${scorer.window} rows: each is encoded as a whole and reported at its last row`,
    );
  }
  const { mean, logVar } = model.rbm
    ? { mean: await model.rbm.encode(x) }
    : await model.vae.encode(x);
  if (given.draws && model.rbm) {
    throw new TypeError(
      `Cannot encode: ${path} is a Boltzmann machine, which has no draws of z`,
    );
  }
  const { seed = 0, axes = [0, 1] } = given;
  const z = given.draws && !model.rbm ? await model.vae.samplePosterior(x, { seed }) : undefined;
  const fields = { model: path, data: table.source };
  if (isSvg(given.out)) {
    const report = { ...given, fields };
    return await writeScatter(
      mean,
      classes.length === 0 ? [] : Array.from(rows, (row) => classes[row]),
      given.out,
      axes,
      report,
      io,
    );
  }
  const ends = scorer?.window === undefined ? undefined : rows;
  await writeLatents({ mean, logVar, z }, { ends, fields }, given, io);
}

/** DATA as the model takes it, and the class of each row if a picture shows them. */
async function readRows(
  model: LoadedModel | LoadedRbm,
  data: string,
  { label, out, header }: EncodeOptions,
  io: Io,
): Promise<{ readonly table: Table; readonly classes: readonly string[] }> {
  const reading = { header, also: columnsOfSteps(model.scorer) };
  if (!isSvg(out)) {
    return { table: await readDataFor(model, data, io, { label, ...reading }), classes: [] };
  }
  if (endingOf(data) === ".npz") {
    const classes = await readClasses(data, label ?? "y", io);
    // Not a member: a column, or a mistake.
    const inTable = classes.length > 0 ? undefined : label;
    const table = await readDataFor(model, data, io, { label: inTable, ...reading });
    return { table, classes: classes.length > 0 ? classes : Array.from(table.label ?? [], String) };
  }
  if (label === undefined) {
    return { table: await readDataFor(model, data, io, reading), classes: [] };
  }
  const source = repeatable(io);
  const table = await readDataFor(model, data, source, { apart: label, ...reading });
  return { table, classes: await readClasses(data, label, source, header) };
}

async function writeLatents(
  { mean, logVar, z }: Readonly<Record<"mean", Matrix> & Partial<Record<"logVar" | "z", Matrix>>>,
  { ends, fields }: {
    /** Of windows, the row with which each ends. */
    readonly ends?: Uint32Array;
    readonly fields: Readonly<Record<string, unknown>>;
  },
  given: EncodeOptions,
  io: Io,
): Promise<void> {
  const [rows, latent] = mean.shape;
  const row = ({ data }: Matrix) => (index: number) =>
    Array.from(data.subarray(index * latent, (index + 1) * latent), shortFloat32);
  const names = (prefix: string) => Array.from({ length: latent }, (_, l) => `${prefix}_${l}`);
  const parts = {
    ...(ends && { row: (index: number) => [ends[index] + 1] }),
    mean: row(mean),
    ...(logVar && { logVar: row(logVar) }),
    ...(z && { z: row(z) }),
  };
  await writeRows(
    {
      columns: Object.keys(parts).flatMap((part) =>
        part === "row" ? [part] : names(part.toLowerCase())
      ),
      rows,
      row: (index) => Object.values(parts).flatMap((part) => part(index)),
      fields,
      lists: parts,
    },
    given,
    io,
  );
}
