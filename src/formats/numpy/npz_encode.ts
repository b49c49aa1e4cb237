/**
 * Writes NPZ: a ZIP archive with one NPY file per array, like `numpy.savez`. Equal arrays give equal bytes: members are
 * stored uncompressed, in the order of the map, with the oldest date that ZIP allows.
 */
import { type Zippable, zipSync } from "npm:fflate@0.8.3";
import { encodeNpy, type NpyData } from "./npy.ts";

/** An array in an archive. */
export interface NpzArray {
  readonly data: NpyData;
  readonly shape: readonly number[];
}

/** In local time, so that the result does not depend on the machine's time zone. */
const OLDEST_ZIP_DATE = new Date(1980, 0, 1);

export function encodeNpz(arrays: ReadonlyMap<string, NpzArray>): Uint8Array {
  const members: Zippable = {};
  for (const [name, { data, shape }] of arrays) {
    members[`${name}.npy`] = [encodeNpy(data, shape), { level: 0, mtime: OLDEST_ZIP_DATE }];
  }
  return zipSync(members);
}
