/** Reports when one network of several answers for a detector. */
import { type Io, note } from "../io.ts";
import type { LoadedModel, LoadedRbm } from "./model.ts";
import { count } from "../text/text.ts";

/** @param what the numbers that this network gives, such as "z" */
export function warnFirstNetworkOnly(
  { scorer }: Pick<LoadedModel | LoadedRbm, "scorer">,
  what: string,
  io: Io,
): void {
  if (!scorer || scorer.networks === 1) return;
  note(io, `${what} are those of the first of the model's ${count(scorer.networks)} networks`);
}
