/**
 * `elbow train DATA --spec FILE --out MODEL`: fits the model that FILE states to a table as it is, and writes a bare
 * VAE: no standardisation, no calibration. FILE is a `ModelSpecInput` in JSON; its `inputs` may be omitted. The table's
 * columns are those of x, followed by what FILE asks for: the columns of the condition or, for a model with a
 * classifier, the class, -1 if missing.
 */
import type { Command } from "npm:commander@15.1.0";
import type { Table } from "../../formats/mod.ts";
import { fitFromSpec } from "../../detection/fit_from_spec.ts";
import { specFor } from "../../detection/table_spec.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { requireModelPath, requireWritablePath, writeAtomically } from "../files/files.ts";
import { type Io, print } from "../io.ts";
import { lossCurve } from "./loss_curve.ts";
import { jsonLine, report } from "../text/text.ts";
import { readTrainingTable } from "./read.ts";
import { namingSpec, readSpec, type SpecOptions } from "./spec_file.ts";
import { specResult, specSections, warnAboutDevice } from "./report.ts";
import { trainRelative } from "./relative.ts";
import { withRun } from "./run.ts";

/** Reads, fits, writes and reports. */
export async function trainSpec(
  data: string,
  given: SpecOptions,
  io: Io,
  command: Command,
): Promise<void> {
  const rawSpec = await readSpec(given.spec);
  if (await trainRelative(data, rawSpec, given, io, command)) return;
  await requireModelPath(given.out, [data, given.spec]);
  if (given.curve !== undefined) await requireWritablePath(given.curve, [data, given.spec]);
  const table = await readTrainingTable(data, io, given);
  const spec = namingSpec(given.spec, () => specFor(rawSpec, table.columns.length));
  const { vae, report: fit } = await fitTo(spec, table, given, io);
  const bytes = vae.save();
  await writeAtomically(given.out, [bytes]);
  if (given.curve !== undefined) await writeAtomically(given.curve, [lossCurve(fit.history)]);
  const fitted = { vae, table, fit, bytes: bytes.length };
  warnAboutDevice(vae.device, given, io);
  if (given.json) print(io, jsonLine(specResult(fitted, given.out)));
  else io.stdout(report(specSections(fitted, given.out)));
  vae.dispose();
}

function fitTo(spec: ModelSpec, table: Table, given: SpecOptions, io: Io) {
  // For a model with a classifier, options without a type can only mean this objective.
  const { objective = "semiSupervised" } = given,
    forClassifier = spec.classifier ? { objective } : {};
  const run = { ...given, ...forClassifier };
  return withRun(table, run, io, (settings) => fitFromSpec(spec, table, settings));
}
