/** Refuses options of `elbow train` that do not apply to what is being trained, so that none is silently ignored. */
import type { Command } from "npm:commander@15.1.0";
import type { ModelKind, TrainOption, TrainOptions } from "./option.ts";
import { TRAIN_OPTIONS } from "./options.ts";

const SPEC_KINDS: readonly ModelKind[] = ["vae", "rbm", "em"];

/** Ends the command for an option that does not apply to the model, or lacks another option that it needs. */
export function refuseInapplicable(given: TrainOptions, command: Command): void {
  const isFromSpec = given.spec !== undefined, { window, weightsFormat } = given;
  for (const { option: { flags }, appliesTo, needs } of optionsIn(given)) {
    if (!isFromSpec && !appliesTo.includes("detector")) {
      command.error(`error: option '${flags}' needs '${TRAIN_OPTIONS.spec.option.flags}'`);
    }
    if (isFromSpec && !SPEC_KINDS.some((kind) => appliesTo.includes(kind))) {
      command.error(
        `error: option '${TRAIN_OPTIONS.spec.option.flags}' cannot be used with '${flags}'`,
      );
    }
    if (needs !== undefined && given[needs] === undefined) {
      command.error(`error: option '${flags}' needs '${TRAIN_OPTIONS[needs].option.flags}'`);
    }
  }
  // Rounded weights need new calibration rows, and a series has none: said before it is trained, not after.
  if (window !== undefined && weightsFormat !== undefined && weightsFormat !== "f32") {
    command.error(
      `error: option '--weights-format ${weightsFormat}' cannot be used with '${TRAIN_OPTIONS.window.option.flags}'`,
    );
  }
}

/** Ends the command for an option that does not apply to the stated type. */
export function refuseForType(
  { type }: { readonly type: string },
  given: TrainOptions,
  command: Command,
): void {
  const kind: ModelKind = type === "rbm" ? "rbm" : "em";
  for (const { option: { flags }, appliesTo } of optionsIn(given)) {
    if (appliesTo.includes(kind)) continue;
    const spec = TRAIN_OPTIONS.spec.option.flags;
    command.error(`error: option '${spec}' of type "${type}" cannot be used with '${flags}'`);
  }
}

function optionsIn(given: TrainOptions): TrainOption[] {
  const entries = Object.entries(TRAIN_OPTIONS) as [keyof TrainOptions, TrainOption][];
  return entries.filter(([name]) => given[name] !== undefined).map(([, option]) => option);
}
