/** Trains the model that a spec states, by gradients or by EM. */
import { fitStated } from "../detection/fit_stated.ts";
import { namesOf, specFor } from "../detection/stated.ts";
import type { Table } from "../formats/mod.ts";
import { isNeighbour } from "../training/neighbours/neighbour_spec.ts";
import { fitNeighbour } from "../training/neighbours/neighbours.ts";
import { emSpecOf } from "./budget.ts";
import type { TrainContext, TrainSettings } from "./train_settings.ts";

/** @returns the model file */
export async function trainStated(
  table: Table,
  settings: TrainSettings,
  { device, checkpoint, signal, onProgress }: TrainContext,
): Promise<Uint8Array> {
  const { spec: stated, preset: _preset, seed, determinism, ...run } = settings;
  const width = table.columns.length, machine = { determinism, ...device };
  if (isNeighbour(stated)) {
    const rows = { data: table.data, shape: [table.rows, width] } as const;
    const { model } = await fitNeighbour(emSpecOf(stated, width), rows, {
      ...(run as { readonly epochs?: number }),
      ...machine,
      ...namesOf(table.columns),
      seed,
      signal,
      onProgress: (epoch, epochs) => {
        const loss = "logLikelihood" in epoch ? -epoch.logLikelihood : epoch.gap;
        onProgress({ epoch: epoch.epoch, epochs, loss });
      },
    });
    return fileOf(model);
  }
  const spec = specFor(stated!, width);
  const { vae } = await fitStated(spec, table, {
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
