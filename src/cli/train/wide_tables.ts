/** A note before the default is fitted to very many columns: its regressions take time that grows with their cube. */
import { type DetectorOptions, presetOf } from "../../detection/options.ts";
import { type Io, note } from "../io.ts";
import { count } from "../text/text.ts";

/** 1,000 columns take seconds, 2,000 a minute or two, and 7,000 an hour or more. */
const MANY_COLUMNS = 2000;

/** Undefined if the fit is not especially slow. */
export function slownessOf(columns: number, options: DetectorOptions): string | undefined {
  if (columns < MANY_COLUMNS || presetOf(options) !== "ensemble") return undefined;
  return `${
    count(columns)
  } columns: the default takes time that grows with the cube of their number, --preset small in proportion to it`;
}

/** Says so before the fit begins. */
export function noteSlowness(columns: number, options: DetectorOptions, io: Io): void {
  const slowness = slownessOf(columns, options);
  if (slowness !== undefined) note(io, slowness);
}
