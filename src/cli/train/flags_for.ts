/** The options given to `elbow train`, by destination. */
import type { TrainOption, TrainOptions } from "./option.ts";
import { TRAIN_OPTIONS } from "./options.ts";

/** The names of options with one destination. */
type NamesFor<Destination> = {
  [Name in keyof typeof TRAIN_OPTIONS]: typeof TRAIN_OPTIONS[Name] extends
    { readonly to: Destination } ? Name
    : never;
}[keyof typeof TRAIN_OPTIONS];

/** The given options with one destination. */
export function flagsFor<Destination extends TrainOption["to"]>(
  destination: Destination,
  given: TrainOptions,
): Partial<Pick<TrainOptions, NamesFor<Destination>>> {
  const entries: [string, TrainOption][] = Object.entries(TRAIN_OPTIONS);
  const names = entries.filter(([, { to }]) => to === destination).map(([name]) => name);
  return pick(given, names as NamesFor<Destination>[]);
}

/** The fields that are defined: an undefined one would replace a default. */
function pick<Fields, Key extends keyof Fields>(
  fields: Fields,
  keys: readonly Key[],
): Partial<Pick<Fields, Key>> {
  const kept = keys.filter((key) => fields[key] !== undefined).map((key) => [key, fields[key]]);
  return Object.fromEntries(kept) as Partial<Pick<Fields, Key>>;
}
