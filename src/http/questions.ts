/**
 * A verb called without options, as in nearly all requests. It is prepared once for each served model, and again when
 * the detector is changed in place (another false-alarm rate, another calibration).
 */
import { hasLevels } from "../scoring/table/schema.ts";
import { isTable, type Units } from "../scoring/units.ts";
import type { Served } from "./models/catalogue.ts";
import { Room } from "./rows/room.ts";
import type { Limits, Verb, Work } from "./verbs/verb.ts";

export interface Question {
  readonly work: Work;
  readonly units: Units;
  /** Whether every cell is a number that is used as it is. */
  readonly isNumeric: boolean;
  /** Memory for the cells of its rows. */
  readonly room: Room;
  /** The JSON answer up to its rows. */
  readonly opening: string;
  /** The state of the detector when this was prepared. */
  readonly state: readonly unknown[];
}

const QUESTIONS = new WeakMap<Served, Map<Verb, Question>>();

/** @returns undefined for a verb without rows, or one whose options do not all have defaults */
export function plainQuestion(
  served: Served,
  verb: Verb,
  limits: Limits,
): Question | undefined {
  let known = QUESTIONS.get(served);
  if (!known) QUESTIONS.set(served, known = new Map());
  const before = known.get(verb);
  if (before && isCurrent(before, served)) return before;
  const units = verb.rows(served.model), { defaults } = verb;
  if (!units || !defaults) return undefined;
  const work = verb.work(served.model, defaults, limits);
  const question = {
    work,
    units,
    isNumeric: !units.schema?.some(({ kind }) => hasLevels(kind) || kind === "timestamp"),
    room: new Room(),
    opening: openingOf(served, work),
    state: stateOf(served),
  };
  known.set(verb, question);
  return question;
}

/** A JSON answer begins with the model that answers. */
export function openingOf({ name: model, version, digest }: Served, { head }: Work): string {
  return `${JSON.stringify({ model, version, digest, ...head }).slice(0, -1)},"rows":[`;
}

function stateOf({ model }: Served): readonly unknown[] {
  return isTable(model) ? [model.falseAlarmRate, model.calibration] : [];
}

function isCurrent({ state }: Question, { model }: Served): boolean {
  return !isTable(model) || (state[0] === model.falseAlarmRate && state[1] === model.calibration);
}
