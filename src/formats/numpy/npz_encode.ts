/**
 * Writes NPZ: a ZIP archive of NPY files, one for each array, as `numpy.savez` does. Equal arrays give equal
 * bytes: members are stored, in the order of the map, under the oldest date that ZIP knows.
 */
import { type Zippable, zipSync } from "npm:fflate@0.8.3";
import { encodeNpy, type NpyData } from "./npy.ts";

/** An array of an archive. */
export interface NpzArray {
  readonly data: NpyData;
  readonly shape: readonly number[];
}

/** In local time, so that no machine's time zone shows. */
const OLDEST = new Date(1980, 0, 1);

export function encodeNpz(arrays: ReadonlyMap<string, NpzArray>): Uint8Array {
  const members: Zippable = {};
  for (const [name, { data, shape }] of arrays) {
    members[`${name}.npy`] = [encodeNpy(data, shape), { level: 0, mtime: OLDEST }];
  }
  return zipSync(members);
}
