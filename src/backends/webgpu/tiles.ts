/**
 * How products may be cut: a small set of tiles, and which of them a product takes where nothing was
 * measured. `tuner.ts` measures.
 */
import { sizeAt } from "../../core/shape.ts";
import { WORKGROUP } from "./layout.ts";
import type { Extents } from "./tasks/extents.ts";
import { poolOf, type Tile } from "./tasks/product.ts";

export const TILES = {
  /** Software adapters: a workgroup is a loop on one core, and registers are its cache. */
  direct: { across: 8, high: 4, wide: 4, depth: 0 },
  /** One sum a thread, for outputs of few columns. */
  narrow: { across: 1, high: 1, wide: 1, depth: 0 },
  /** Tiles of 16, 32 and 64 in workgroup memory: small ones keep more of a real adapter busy. */
  small: { across: 8, high: 2, wide: 2, depth: 16 },
  middle: { across: 8, high: 4, wide: 4, depth: 16 },
  large: { across: 8, high: 8, wide: 8, depth: 8 },
  /** 64 × 16, for outputs of few columns. */
  tall: { across: 4, high: 4, wide: 4, depth: 16 },
} as const satisfies Readonly<Record<string, Tile>>;

export type TileName = keyof typeof TILES;

/** Floats of workgroup memory: what trees of lanes and every tile need. */
export const POOL = Math.max(WORKGROUP, ...Object.values(TILES).map(poolOf));

/** Those that a real adapter is measured with. */
export const HARDWARE_TILES: readonly TileName[] = ["small", "middle", "large", "tall"];

/** Workgroups below which smaller tiles keep more of a real adapter busy. */
const BUSY = 256;

export type ChooseTile = (extents: Extents, capacity: number) => Tile;

export const softwareTile: ChooseTile = ({ cols }) => cols === 1 ? TILES.narrow : TILES.direct;

export const hardwareTile: ChooseTile = ({ rows, cols }, capacity) => {
  const height = sizeAt({ ...rows, cols: 1 }, capacity);
  const middles = Math.ceil(height / 32) * Math.ceil(cols / 32);
  return middles < BUSY ? TILES.small : TILES.middle;
};
