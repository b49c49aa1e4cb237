/** The options given to `elbow train`, by destination. */
import type { TrainOption, TrainOptions } from "./option.ts";
import { TRAIN_OPTIONS } from "./options.ts";

/** The names of options with one destination. */
type NamesTo<Place> = {
  [Name in keyof typeof TRAIN_OPTIONS]: typeof TRAIN_OPTIONS[Name] extends { readonly to: Place }
    ? Name
    : never;
}[keyof typeof TRAIN_OPTIONS];

/** The given options with one destination. */
export function givenTo<Place extends TrainOption["to"]>(
  place: Place,
  given: TrainOptions,
): Partial<Pick<TrainOptions, NamesTo<Place>>> {
  const entries: [string, TrainOption][] = Object.entries(TRAIN_OPTIONS);
  const names = entries.filter(([, { to }]) => to === place).map(([name]) => name);
  return pick(given, names as NamesTo<Place>[]);
}

/** The fields that are defined: an undefined one would replace a default. */
export function pick<Fields, Key extends keyof Fields>(
  fields: Fields,
  keys: readonly Key[],
): Partial<Pick<Fields, Key>> {
  const kept = keys.filter((key) => fields[key] !== undefined).map((key) => [key, fields[key]]);
  return Object.fromEntries(kept) as Partial<Pick<Fields, Key>>;
}
