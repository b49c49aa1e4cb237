/**
 * A verb called without options, as in nearly all requests. It is prepared once for each served model, and again when
 * the detector is changed in place (another false-alarm rate, another calibration).
 */
import { memoize } from "../core/memoize.ts";
import { hasLevels } from "../scoring/table/schema.ts";
import { isTable, type Units } from "../scoring/units.ts";
import type { Served } from "./models/catalogue.ts";
import { RowArena } from "./rows/row_arena.ts";
import type { Limits, Verb, Work } from "./verbs/verb.ts";

export interface CachedVerb {
  readonly work: Work;
  readonly units: Units;
  /** Whether every cell is a number that is used as it is. */
  readonly isNumeric: boolean;
  /** Memory for the cells of its rows. */
  readonly arena: RowArena;
  /** The JSON answer up to its rows. */
  readonly opening: string;
  /** The state of the detector when this was prepared. */
  readonly state: readonly unknown[];
}

const verbsOf = memoize((_served: Served) => new Map<Verb, CachedVerb>());

/** @returns undefined for a verb without rows, or one whose options do not all have defaults */
export function cachedVerb(
  served: Served,
  verb: Verb,
  limits: Limits,
): CachedVerb | undefined {
  const verbs = verbsOf(served), cached = verbs.get(verb);
  if (cached && isCurrent(cached, served)) return cached;
  const units = verb.rows(served.model), { defaults } = verb;
  if (!units || !defaults) return undefined;
  const work = verb.work(served.model, defaults, limits);
  const prepared = {
    work,
    units,
    isNumeric: !units.schema?.some(({ kind }) => hasLevels(kind) || kind === "timestamp"),
    arena: new RowArena(),
    opening: openingOf(served, work),
    state: stateOf(served),
  };
  verbs.set(verb, prepared);
  return prepared;
}

/** A JSON answer begins with the model that answers. */
export function openingOf({ name: model, version, digest }: Served, { head }: Work): string {
  return `${JSON.stringify({ model, version, digest, ...head }).slice(0, -1)},"rows":[`;
}

function stateOf({ model }: Served): readonly unknown[] {
  return isTable(model) ? [model.falseAlarmRate, model.calibration] : [];
}

function isCurrent({ state }: CachedVerb, { model }: Served): boolean {
  return !isTable(model) || (state[0] === model.falseAlarmRate && state[1] === model.calibration);
}
