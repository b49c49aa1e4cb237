/** `elbow evaluate` for a Boltzmann machine: how well it fits a table. */
import { sampleOptions } from "../../detection/rows/row_limit.ts";
import type { PartitionOptions } from "../../trained/rbm/rbm_options.ts";
import { labelFigures, labelSection } from "./label_figures.ts";
import { drawDataFor } from "../files/data.ts";
import { type LabelOptions, LabelValues } from "../files/labels.ts";
import type { HeaderOption, JsonOption } from "../options.ts";
import { type Io, print } from "../io.ts";
import type { LoadedRbm } from "../models/model.ts";
import { count, counted, dataName, jsonLine, nats, report } from "../text/text.ts";

/** Options of `elbow evaluate`. */
interface RbmOptions
  extends
    JsonOption,
    HeaderOption,
    LabelOptions,
    Partial<Record<typeof VAE_OPTIONS[number], unknown>> {
  /** Chains of annealed importance sampling. */
  readonly samples?: number;
  readonly maxRows?: number;
  readonly seed?: number;
}

/** Options that do not apply to a Boltzmann machine. */
const VAE_OPTIONS = ["priorSamples", "gaps", "surgery", "baselines"] as const;

/**
 * ln Z, and with it the mean ln p(x) of DATA, which exists only if DATA is zeros and ones.
 * @throws TypeError for an option that applies only to a VAE
 */
export async function evaluateRbm(
  model: LoadedRbm,
  data: string,
  given: RbmOptions,
  io: Io,
): Promise<void> {
  const vaeOption = VAE_OPTIONS.find((name) => given[name] !== undefined);
  if (vaeOption) {
    throw new TypeError(
      `Cannot evaluate: ${model.path} is a Boltzmann machine, which has no ${vaeOption}`,
    );
  }
  const { rbm, units, path } = model;
  const labels = new LabelValues(given), { label, header } = given;
  const reading = { label, labels, header };
  const table = await drawDataFor(model, data, io, sampleOptions(given), reading);
  labels.finish(table, io);
  const x = units.toVae(table);
  const annealing: PartitionOptions = {
    ...(given.samples !== undefined && { chains: given.samples }),
    ...(given.seed !== undefined && { seed: given.seed }),
    base: x,
  };
  const energies = await rbm.freeEnergy(x);
  const { logPartition, standardError, method } = await rbm.logPartition(annealing);
  const freeEnergy = energies.reduce((sum, value) => sum + value, 0) / table.rows;
  const isBinary = x.data.every((value) => value === 0 || value === 1);
  const evaluated = {
    model: path,
    data: table.source,
    rows: table.drawn?.rows ?? table.rows,
    drawnRows: table.drawn && table.rows,
    freeEnergy,
    logPartition,
    standardError,
    method,
    logLikelihood: isBinary ? -freeEnergy - logPartition : null,
    label: table.label && labelFigures(energies, table.label),
  };
  if (given.json) print(io, jsonLine(evaluated));
  else io.stdout(report(sectionsOf(evaluated)));
}

function sectionsOf(evaluated: {
  readonly model: string;
  readonly data: string;
  readonly rows: number;
  readonly drawnRows?: number;
  readonly freeEnergy: number;
  readonly logPartition: number;
  readonly standardError: number;
  readonly method: string;
  readonly logLikelihood: number | null;
  readonly label?: ReturnType<typeof labelFigures>;
}): Parameters<typeof report>[0] {
  const { rows, drawnRows, logLikelihood, standardError, method, label } = evaluated;
  const which = drawnRows === undefined ? "the" : `${count(drawnRows)} of the`;
  const over = drawnRows ?? rows;
  const methodText = method === "exact"
    ? "exact: all states counted"
    : `annealed, standard error ${nats(standardError)}`;
  return [
    {
      lines: [["Model", evaluated.model], [
        "Data",
        `${dataName(evaluated.data)} (${counted(rows, "row")})`,
      ]],
    },
    {
      title: `Nats per row of the table, mean over ${which} rows`,
      lines: [
        ["Free energy", nats(evaluated.freeEnergy)],
        ["ln Z", `${nats(evaluated.logPartition)} (${methodText})`],
        ["ln p(x)", logLikelihood === null ? "needs zeros and ones" : nats(logLikelihood)],
      ],
    },
    ...(label ? [labelSection(label, over, counted(over, "row"))] : []),
  ];
}
