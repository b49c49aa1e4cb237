/** Fits a model given by a specification to a table as it is, without standardisation or calibration. */
import type { Table } from "../formats/mod.ts";
import type { ModelSpec } from "../models/spec.ts";
import { type DeviceOptions, splitDevice } from "../trained/device_options.ts";
import { renumberedIn } from "../trained/renumber.ts";
import type { FitOptions } from "../training/options.ts";
import type { FitReport } from "../training/report.ts";
import { VAE } from "../training/vae.ts";
import { defaultTraining } from "./defaults.ts";
import { namesOf } from "./table_spec.ts";

/** Options of the run; omitted ones default as for tables. Conditions and labels come from the table. */
export type SpecFitOptions =
  & DeviceOptions
  & Omit<FitOptions, "condition" | "labels" | "validationCondition" | "validationLabels">;

/** @throws as `VAE.fit` */
export async function fitFromSpec(
  spec: ModelSpec,
  table: Table,
  run: SpecFitOptions,
): Promise<{ readonly vae: VAE; readonly report: FitReport }> {
  const [device, options] = splitDevice(run);
  const { objective, ...defaults } = defaultTraining(table.rows, options.batchSize);
  const { x, ...otherData } = partsOf(spec, table);
  const vae = VAE.create({ ...spec, ...namesFor(spec, table) }, { seed: options.seed, ...device });
  try {
    // The warm-up belongs to the ELBO; a classifier has its own objective.
    const defaultObjective = spec.classifier ? {} : { objective };
    return {
      vae,
      report: await vae.fit(x, { ...defaults, ...defaultObjective, ...options, ...otherData }),
    };
  } catch (error) {
    vae.dispose();
    throw renumberedIn(table.drawn, error);
  }
}

/** @throws TypeError if the specification's column names differ from the table's */
function namesFor({ columns: specColumns }: ModelSpec, table: Table) {
  const named = namesOf(table.columns), { columns } = named;
  if (!specColumns || !columns || specColumns.join("\n") === columns.join("\n")) return named;
  throw new TypeError(
    `Cannot read spec.columns: expected the table's, ${columns.join()}, got ${specColumns.join()}`,
  );
}

/** The inputs of the table's rows, and the labels after them if there are any. */
function partsOf({ inputs, classifier }: ModelSpec, table: Table) {
  const { data, rows, columns } = table, width = columns.length;
  const x = { data, shape: [rows, width] } as const;
  if (!classifier) return { x };
  const ofRows = Array.from({ length: rows }, (_, r) => data.subarray(r * width, (r + 1) * width));
  const labels: FitOptions["labels"] = ofRows.map((row) => row[inputs]);
  return { x: ofRows.map((row) => row.subarray(0, inputs)), labels };
}
