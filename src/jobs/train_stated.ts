/** Fits what a specification states, as `stated.ts` reads it. */
import { defaultTraining } from "../detection/defaults.ts";
import type { Table } from "../formats/mod.ts";
import { isNeighbour } from "../training/neighbour_spec.ts";
import { fitNeighbour } from "../training/neighbours.ts";
import { VAE } from "../training/vae.ts";
import { emSpecOf, partsOf, specFor } from "./stated.ts";
import type { TrainContext, TrainSettings } from "./train_settings.ts";

/** @returns the model's file */
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
      seed,
      signal,
      onProgress: (epoch, epochs) => {
        const loss = "logLikelihood" in epoch ? -epoch.logLikelihood : epoch.gap;
        onProgress({ epoch: epoch.epoch, epochs, loss });
      },
    });
    return model.save();
  }
  const spec = specFor(stated!, width), { x, ...beside } = partsOf(spec, table);
  const usual = defaultTraining(table.rows, run.batchSize);
  const vae = VAE.create(spec, { seed, ...machine });
  await vae.fit(x, {
    ...usual,
    ...(spec.classifier && { objective: undefined }),
    ...run,
    ...beside,
    checkpoint,
    signal,
    onProgress,
  });
  return vae.save();
}
