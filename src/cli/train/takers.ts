/** Refuses options of `elbow train` that do not apply to what is being trained, so that none is silently ignored. */
import type { Command } from "npm:commander@15.1.0";
import type { Taker, TrainOption, TrainOptions } from "./option.ts";
import { TRAIN_OPTIONS } from "./options.ts";

const FROM_SPEC: readonly Taker[] = ["vae", "rbm", "em"];

/** Ends the command for an option that does not apply to the model, or lacks another option that it needs. */
export function refuseVoid(given: TrainOptions, command: Command): void {
  const isFromSpec = given.spec !== undefined;
  for (const { option: { flags }, takers, needs } of optionsIn(given)) {
    if (!isFromSpec && !takers.includes("detector")) {
      command.error(`error: option '${flags}' needs '${TRAIN_OPTIONS.spec.option.flags}'`);
    }
    if (isFromSpec && !FROM_SPEC.some((taker) => takers.includes(taker))) {
      command.error(`error: option '${TRAIN_OPTIONS.spec.option.flags}' excludes '${flags}'`);
    }
    if (needs !== undefined && given[needs] === undefined) {
      command.error(`error: option '${flags}' needs '${TRAIN_OPTIONS[needs].option.flags}'`);
    }
  }
}

/** Ends the command for an option that does not apply to the stated type. */
export function refuseForType(
  { type }: { readonly type: string },
  given: TrainOptions,
  command: Command,
): void {
  const taker: Taker = type === "rbm" ? "rbm" : "em";
  for (const { option: { flags }, takers } of optionsIn(given)) {
    if (takers.includes(taker)) continue;
    const spec = TRAIN_OPTIONS.spec.option.flags;
    command.error(`error: option '${spec}' of type "${type}" excludes '${flags}'`);
  }
}

function optionsIn(given: TrainOptions): TrainOption[] {
  const entries = Object.entries(TRAIN_OPTIONS) as [keyof TrainOptions, TrainOption][];
  return entries.filter(([name]) => given[name] !== undefined).map(([, option]) => option);
}
