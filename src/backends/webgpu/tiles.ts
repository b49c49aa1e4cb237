/**
 * How products may be tiled: a small set of tiles, and the choice for products that were not measured. `tuner.ts`
 * measures.
 */
import { sizeAt } from "../../core/shape.ts";
import { WORKGROUP } from "./layout.ts";
import type { Extents } from "./tasks/extents.ts";
import { poolOf, type Tile } from "./tasks/product.ts";

export const TILES = {
  /** For software adapters, where a workgroup is a loop on one core, and registers serve as a cache. */
  direct: { threadsAcross: 8, rowsPerThread: 4, colsPerThread: 4, depth: 0 },
  /** One sum per thread, for outputs with few columns. */
  narrow: { threadsAcross: 1, rowsPerThread: 1, colsPerThread: 1, depth: 0 },
  /** Tiles of 16, 32 and 64 in workgroup memory; smaller ones keep more of a hardware adapter busy. */
  small: { threadsAcross: 8, rowsPerThread: 2, colsPerThread: 2, depth: 16 },
  middle: { threadsAcross: 8, rowsPerThread: 4, colsPerThread: 4, depth: 16 },
  large: { threadsAcross: 8, rowsPerThread: 8, colsPerThread: 8, depth: 8 },
  /** 64 × 16, for outputs with few columns. */
  tall: { threadsAcross: 4, rowsPerThread: 4, colsPerThread: 4, depth: 16 },
} as const satisfies Readonly<Record<string, Tile>>;

export type TileName = keyof typeof TILES;

/** Floats of workgroup memory: enough for lane trees and for every tile. */
export const POOL = Math.max(WORKGROUP, ...Object.values(TILES).map(poolOf));

/** Tiles to measure on a hardware adapter. */
export const HARDWARE_TILES: readonly TileName[] = ["small", "middle", "large", "tall"];

/** Below this many workgroups, smaller tiles keep more of a hardware adapter busy. */
const BUSY_WORKGROUPS = 256;

export type ChooseTile = (extents: Extents, capacity: number) => Tile;

export const softwareTile: ChooseTile = ({ cols }) => cols === 1 ? TILES.narrow : TILES.direct;

export const hardwareTile: ChooseTile = ({ rows, cols }, capacity) => {
  const height = sizeAt({ ...rows, cols: 1 }, capacity);
  const middleTiles = Math.ceil(height / 32) * Math.ceil(cols / 32);
  return middleTiles < BUSY_WORKGROUPS ? TILES.small : TILES.middle;
};
