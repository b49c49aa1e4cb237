/** Pictures as the commands write them, by the extension of --out: .png or .svg for images, .svg for charts. */
import { type Command, InvalidArgumentError, Option } from "npm:commander@15.1.0";
import {
  COLOURED_SERIES,
  enlarged,
  imageGrid,
  scatterChart,
  type Series,
  toPng,
  toSvg,
} from "../../pictures/mod.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { writeAtomically } from "./files.ts";
import { endingOf } from "../text/paths.ts";
import { addRowsOut } from "./rows_output.ts";
import { type Io, print } from "../io.ts";
import * as options from "../options.ts";
import { jsonLine } from "../text/text.ts";

/** How rows become images. */
export interface ImageOptions {
  readonly imageWidth?: number;
  readonly across?: number;
}

/** Adds the options of commands whose rows may be images. */
export function addOutputOptions(command: Command): Command {
  const limits = { min: 1, max: 16_384 };
  return addRowsOut(
    command,
    "CSV file, or images as .png or .svg, to write instead of standard output",
  )
    .addOption(
      options.integerOption(
        "--image-width <pixels>",
        "with a picture: pixels per line (default: square)",
        limits,
      ),
    )
    .addOption(
      options.integerOption(
        "--across <n>",
        "with a picture: images per line (default: about square)",
        limits,
      ),
    )
    .addOption(options.backendOption())
    .addOption(options.jsonOption());
}

/** The two dimensions to draw. */
export function axesOption(): Option {
  return new Option("--axes <i,j>", "with --out x.svg: latent dimensions to draw (default: 0,1)")
    .argParser((text) => {
      const axes = text.split(",").map(Number);
      if (axes.length === 2 && axes.every((axis) => Number.isInteger(axis) && axis >= 0)) {
        return axes;
      }
      throw new InvalidArgumentError("It must be two whole numbers, such as 0,1");
    });
}

/** Extensions of image files. */
export const IMAGE_ENDINGS = [".png", ".svg"] as const;

/** Whether a file is for images. */
export function isImage(out: string | undefined): out is string {
  return IMAGE_ENDINGS.some((ending) => ending === endingOf(out));
}

/** Whether a file is for a chart. */
export function isSvg(out: string | undefined): out is string {
  return endingOf(out) === ".svg";
}

/** What a command reports once its picture is written. */
export interface PictureReport {
  readonly json?: boolean;
  readonly fields: Readonly<Record<string, unknown>>;
}

/** Narrower images are enlarged to this many pixels or somewhat more, those of MNIST. */
const SHOWN_WIDTH = 28;

/** Writes rows as a grid of images; black and white are 0 and 1, or else the least and largest value. */
export async function writeImages(
  images: Matrix,
  out: string,
  given: ImageOptions,
  { json, fields }: PictureReport,
  io: Io,
): Promise<void> {
  const [low, high] = levels(images.data);
  const { imageWidth = Math.sqrt(images.shape[1]) } = given;
  const grid = imageGrid(images, { ...given, low, high });
  const picture = enlarged(grid, Math.max(1, Math.ceil(SHOWN_WIDTH / imageWidth)));
  await writeAtomically(out, [isSvg(out) ? toSvg(picture) : toPng(picture)]);
  const { width, height } = picture;
  if (json) print(io, jsonLine({ ...fields, rows: images.shape[0], out, width, height }, {}));
}

/**
 * Writes two latent dimensions of every row as dots, with a colour for each class.
 * @param classes of every row; empty if there are none
 */
export async function writeScatter(
  mean: Matrix,
  classes: readonly string[],
  out: string,
  [i, j]: readonly number[],
  { json, fields }: PictureReport,
  io: Io,
): Promise<void> {
  const [rows, latent] = mean.shape;
  if (Math.max(i, j) >= latent) {
    throw new RangeError(
      `Cannot draw latent dimensions ${i} and ${j}: the model has ${latent}, numbered from 0`,
    );
  }
  const text = { title: "Latent means", xLabel: `dimension ${i}`, yLabel: `dimension ${j}` };
  await writeAtomically(out, [scatterChart(seriesOf(mean, classes, i, j), text)]);
  if (json) print(io, jsonLine({ ...fields, rows, out }, {}));
}

function seriesOf(
  { data, shape: [rows, latent] }: Matrix,
  classes: readonly string[],
  i: number,
  j: number,
): Series[] {
  const names = [...new Set(classes.length > 0 ? classes : [""])];
  if (names.length > COLOURED_SERIES) {
    throw new RangeError(
      `Cannot draw --label: its column has ${names.length} values, and at most ${COLOURED_SERIES} can have a colour`,
    );
  }
  const isNumeric = names.every((name) => Number.isFinite(Number(name)));
  names.sort((a, b) => isNumeric ? Number(a) - Number(b) : a < b ? -1 : 1);
  const series = names.map((name) => ({ name, x: [] as number[], y: [] as number[] }));
  const places = new Map(names.map((name, index) => [name, index]));
  for (let row = 0; row < rows; row++) {
    const { x, y } = series[places.get(classes[row] ?? "")!];
    x.push(data[row * latent + i]);
    y.push(data[row * latent + j]);
  }
  return series;
}

function levels(values: Float32Array): [number, number] {
  let low = Infinity, high = -Infinity;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low >= 0 && high <= 1) return [0, 1];
  return low < high ? [low, high] : [low, low + 1];
}
