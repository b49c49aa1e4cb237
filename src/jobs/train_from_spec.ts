/** Trains the model that a spec states, by gradients or by EM. */
import { fitFromSpec } from "../detection/fit_from_spec.ts";
import { namesOf, specFor } from "../detection/table_spec.ts";
import type { Table } from "../formats/mod.ts";
import { renumberedIn } from "../trained/renumber.ts";
import { isRelative } from "../training/relatives/relative_spec.ts";
import { fitRelative } from "../training/relatives/fit_relative.ts";
import { emSpecOf } from "./budget.ts";
import type { TrainContext, TrainSettings } from "./train_settings.ts";

/** @returns the model file */
export async function trainFromSpec(
  table: Table,
  settings: TrainSettings,
  { device, checkpoint, signal, onProgress }: TrainContext,
): Promise<Uint8Array> {
  const { spec: rawSpec, preset: _preset, seed, determinism, ...run } = settings;
  const width = table.columns.length, machine = { determinism, ...device };
  if (isRelative(rawSpec)) {
    const rows = { data: table.data, shape: [table.rows, width] } as const;
    const { model } = await fitRelative(emSpecOf(rawSpec, width), rows, {
      ...(run as { readonly epochs?: number }),
      ...machine,
      ...namesOf(table.columns),
      seed,
      signal,
      onProgress: (epoch, epochs) => {
        const loss = "logLikelihood" in epoch ? -epoch.logLikelihood : epoch.gap;
        onProgress({ epoch: epoch.epoch, epochs, loss });
      },
    }).catch((error) => {
      throw renumberedIn(table.drawn, error);
    });
    return fileOf(model);
  }
  const spec = specFor(rawSpec!, width);
  const { vae } = await fitFromSpec(spec, table, {
    ...run,
    ...machine,
    seed,
    checkpoint,
    signal,
    onProgress,
  });
  return fileOf(vae);
}

function fileOf(model: { save(): Uint8Array; dispose(): void }): Uint8Array {
  const file = model.save();
  model.dispose();
  return file;
}
