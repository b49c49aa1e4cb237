/** Which tile a product takes: by its shape and by what the adapter is. */
import { sizeAt } from "../../core/shape.ts";
import type { Extents, Tile } from "./tasks/product.ts";

/** Software adapters: a workgroup is a loop on one core, and registers are its cache. */
const DIRECT: Tile = { across: 8, high: 4, wide: 4, depth: 0 };
/** One sum a thread, for outputs of few columns. */
const DIRECT_NARROW: Tile = { across: 1, high: 1, wide: 1, depth: 0 };

/** Real adapters: tiles of 32 and 64, and small ones where large would leave processors idle. */
const SMALL: Tile = { across: 8, high: 2, wide: 2, depth: 16 };
const MIDDLE: Tile = { across: 8, high: 4, wide: 4, depth: 16 };

export const TILES: readonly Tile[] = [DIRECT, DIRECT_NARROW, SMALL, MIDDLE];

/** Workgroups below which smaller tiles keep more of a real adapter busy. */
const BUSY = 256;

export type ChooseTile = (extents: Extents, capacity: number) => Tile;

export const softwareTile: ChooseTile = ({ cols }) => cols === 1 ? DIRECT_NARROW : DIRECT;

export const hardwareTile: ChooseTile = ({ rows, cols }, capacity) => {
  const height = sizeAt({ ...rows, cols: 1 }, capacity);
  return Math.ceil(height / 32) * Math.ceil(cols / 32) < BUSY ? SMALL : MIDDLE;
};
