/**
 * `elbow train DATA --spec SPEC --out MODEL` if SPEC states a relative of the VAE: a Boltzmann machine, or factor
 * analysis or probabilistic PCA by EM (`training/relatives/fit_relative.ts`). Options that do not apply are refused.
 */
import type { Command } from "npm:commander@15.1.0";
import {
  isRelative,
  parseRelative,
  type RelativeSpec,
} from "../../training/relatives/relative_spec.ts";
import {
  fitRelative,
  type FittedRelative,
  type RelativeEpoch,
} from "../../training/relatives/fit_relative.ts";
import { renumberedIn } from "../../trained/renumber.ts";
import type { Divergence } from "../../training/rbm/rbm_options.ts";
import { namesOf } from "../../detection/table_spec.ts";
import type { Table } from "../../formats/mod.ts";
import { namingTable } from "../files/data.ts";
import { requireModelPath, writeAtomically } from "../files/files.ts";
import { type Io, print } from "../io.ts";
import { createProgress } from "../text/progress.ts";
import { readTrainingTable } from "./read.ts";
import { namingSpec, type SpecOptions } from "./spec_file.ts";
import { dataText, written } from "./report.ts";
import { count, jsonLine, nats, report } from "../text/text.ts";
import { flagsFor } from "./flags_for.ts";
import { refuseForType } from "./refuse_options.ts";

/** Trains the model if SPEC states one of these. @returns whether it did */
export async function trainRelative(
  data: string,
  rawSpec: unknown,
  given: SpecOptions,
  io: Io,
  command: Command,
): Promise<boolean> {
  if (!isRelative(rawSpec)) return false;
  await requireModelPath(given.out, [data, given.spec]);
  // Mistakes in SPEC itself are reported before a long table is read.
  refuseForType(namingSpec(given.spec, () => parseRelative(rawSpec)), given, command);
  const table = await readTrainingTable(data, io, given);
  const spec = namingSpec(given.spec, () => parseRelative(rawSpec, table.columns.length));
  const fitted = await fit(spec, table, given, io);
  const bytes = fitted.model.save();
  await writeAtomically(given.out, [bytes]);
  printResult(fitted, spec, { table, bytes: bytes.length, given }, io);
  fitted.model.dispose();
  return true;
}

async function fit(
  spec: RelativeSpec,
  table: Table,
  given: SpecOptions,
  io: Io,
): Promise<FittedRelative> {
  const progress = createProgress(io, given.json), { data, rows, columns } = table;
  const { objective, learningRate } = given;
  try {
    return await namingTable(
      table,
      () =>
        fitRelative(spec, { data, shape: [rows, columns.length] }, {
          ...flagsFor("fit", given),
          ...(objective !== undefined && { objective: objective as unknown as Divergence }),
          ...(learningRate !== undefined && { optimizer: { type: "adam", learningRate } }),
          ...namesOf(table.columns),
          signal: io.signal,
          onProgress: (epoch, epochs) => progress.show(epoch.epoch, epochs, lineOf(epoch)),
        }).catch((error) => {
          throw renumberedIn(table.drawn, error);
        }),
    );
  } finally {
    progress.end();
  }
}

function lineOf(epoch: RelativeEpoch): string {
  return figuresOf(epoch).map(([name, value]) => `${name} ${nats(value)}`).join("  ");
}

function figuresOf(epoch: RelativeEpoch): [string, number][] {
  if ("logLikelihood" in epoch) return [["ln p(x)", epoch.logLikelihood]];
  return [["ln p(x | h)", -epoch.reconstruction], ["F(data) - F(samples)", epoch.gap]];
}

interface Written {
  readonly table: Table;
  readonly bytes: number;
  readonly given: SpecOptions;
}

function printResult(
  { model, history, converged }: FittedRelative,
  spec: RelativeSpec,
  { table, bytes, given: { out, json } }: Written,
  io: Io,
): void {
  const last = history.at(-1)!, { device } = model;
  if (json) {
    const about = { ...written({ table, bytes }, out), spec };
    return print(io, jsonLine({ ...about, ...last, converged, device, history }));
  }
  const stopped = converged === undefined ? "" : converged ? ", converged" : ", not converged";
  io.stdout(report([
    {
      lines: [
        ["Data", dataText(table)],
        ["Model", `${out} (${count(bytes)} bytes), ${spec.type}`],
        ["Backend", `${device.backend}`],
      ],
    },
    {
      title: `Epoch ${last.epoch}${stopped}; nats per row of the table`,
      lines: figuresOf(last).map(([name, value]) => [name, nats(value)] as const),
    },
  ]));
}
