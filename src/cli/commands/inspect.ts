/** `elbow inspect MODEL`: what a file of this program contains, without running it. */
import { Command } from "npm:commander@15.1.0";
import { statesOf } from "../../detection/ensemble/member_checkpoints.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import { type ModelFile, readModelFile } from "../../trained/file/model_file.ts";
import type { EnsembleModel } from "../../scoring/ensemble/ensemble.ts";
import type { ColumnSchema } from "../../scoring/table/schema.ts";
import { type TableModel, warningsOf } from "../../scoring/table_model.ts";
import { tableModelOf } from "../../scoring/table_scorer.ts";
import { fromModelFile } from "../../trained/trained_vae.ts";
import { parseRbmSpec } from "../../models/rbm.ts";
import type { LatentLayer } from "../../models/latents.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { latentSize } from "../../models/spec.ts";
import { type Io, print } from "../io.ts";
import { loadFile, namingFile } from "../models/model.ts";
import * as options from "../options.ts";
import { count, counted, jsonLine, nats, printable, report, type Section } from "../text/text.ts";

export function inspectCommand(io: Io): Command {
  return new Command("inspect").summary("show what a model file holds")
    .description(
      "Shows the specification, columns, calibration and tensors of a model or checkpoint.",
    )
    .argument("<model>", options.MODEL_FILE)
    .addOption(options.jsonOption())
    .action(async (path: string, { json }: options.JsonOption) => {
      const file = await loadFile(path);
      if (json) print(io, jsonLine(namingFile(path, () => resultOf(path, file))));
      else io.stdout(report(namingFile(path, () => sectionsOf(path, file))));
    });
}

function resultOf(model: string, file: ModelFile) {
  const { kind, metadata, tensors } = file;
  const list = [...tensors].map(([name, { dtype, shape }]) => ({ name, dtype, shape }));
  const common = { model, kind, values: countValues(tensors), tensors: list };
  if (kind === "checkpoint" || kind === "rbm") return { ...common, ...metadata };
  const [spec] = fromModelFile(file);
  if (kind === "vae") return { ...common, spec };
  const table = tableModelOf(file);
  const { calibration, falseAlarmRate, ensemble } = table;
  return {
    ...common,
    spec,
    columns: table.schema.map((column, c) => ({ ...column, ...momentsOf(table, c) })),
    ensemble: ensemble && {
      statistics: ensemble.statistics,
      views: ensemble.parts.map(({ spec: { view, features, members, references } }) => {
        return { view, features, members, references };
      }),
    },
    calibrationRows: calibration.scores.length,
    falseAlarmRate,
    threshold: calibration.threshold(falseAlarmRate),
    warnings: warningsOf(table),
  };
}

function sectionsOf(path: string, file: ModelFile): Section[] {
  const { kind, tensors } = file;
  const lines: [string, string][] = [
    ["File", path],
    ["Kind", kind],
    ["Values", `${count(countValues(tensors))} in ${counted(tensors.size, "tensor")}`],
  ];
  if (kind === "checkpoint") return [{ lines: [...lines, ...checkpointLines(file)] }];
  if (kind === "rbm") return [{ lines: [...lines, ...rbmLines(file)] }];
  const [spec] = fromModelFile(file);
  const sections: Section[] = [{ lines: [...lines, ...specLines(spec)] }];
  if (kind === "vae") return sections;
  return [...sections, ...tableSections(file)];
}

function specLines(spec: ModelSpec): [string, string][] {
  const { inputs, condition, classifier, encoder, decoder, latent, likelihood, missing } = spec;
  const { inference, prior } = spec;
  const size = latentSize(spec),
    encoderInputs = inputs + condition + (missing === "mask" ? inputs : 0);
  const network = (widths: readonly number[]) => widths.join(" - ");
  const lines: [string, string | false | undefined][] = [
    ["Encoder", `${network([encoderInputs, ...encoder.hidden, size])}, ${encoder.activation}`],
    [
      "Decoder",
      `${network([size + condition, ...decoder.hidden, inputs])}, ${decoder.activation}`,
    ],
    ...latent.map((layer, i): [string, string] => [
      latent.length === 1 ? "Latent" : `Latent layer ${i + 1}`,
      describeLayer(layer),
    ]),
    ["Inference", latent.length > 1 && (inference === "ladder" ? "ladder" : "bottom-up")],
    ["Prior", describe(prior)],
    ["Likelihood", describeLikelihood(likelihood)],
    [
      "Condition",
      condition > 0 && (classifier ? `a class of ${condition}` : counted(condition, "column")),
    ],
    [
      "Classifier",
      classifier &&
      `${network([inputs, ...classifier.hidden, condition])}, ${classifier.activation}`,
    ],
    ["Missing cells", missing && (missing === "mask" ? "taken, and seen as such" : "taken as 0")],
  ];
  return lines.filter((line): line is [string, string] => Boolean(line[1]));
}

function describeLayer(layer: LatentLayer): string {
  if (layer.type === "categorical") {
    const { variables, classes, relaxation } = layer;
    return `${variables} variables of ${classes} classes, ${relaxation}`;
  }
  if (layer.type === "deterministic") return `${layer.size} dimensions, no draws`;
  const { size, posterior, flows } = layer;
  const through = flows.map(({ type }) => type).join(", ");
  return `${size} dimensions, ${posterior} Gaussian${through && `, flows ${through}`}`;
}

/** A type, and the other members of its JSON. */
function describe({ type, ...details }: { readonly type: string }): string {
  return [type, ...Object.entries(details).map(([name, value]) => `${name} ${value}`)].join(", ");
}

function describeLikelihood(likelihood: ModelSpec["likelihood"]): string {
  if (likelihood.type === "mixed") return likelihood.columns.map(describeLikelihood).join("; ");
  return describe(likelihood);
}

/** Mean and standard deviation of a numeric column. */
function momentsOf({ schema, expansion, standardization }: TableModel, c: number) {
  const { kind } = schema[c], d = expansion.owner.indexOf(c);
  if (kind === "categorical" || kind === "timestamp") return {};
  const { centre, scale } = standardization, log = expansion.isLog(kind) || undefined;
  return { centre: centre[d], scale: scale[d], log };
}

function describeColumn(table: TableModel, c: number): string {
  const { kind, levels, format } = table.schema[c], { centre, scale, log } = momentsOf(table, c);
  if (centre === undefined) {
    const more = levels ? counted(levels.length, "level") : format;
    return more ? `${kind}, ${more}` : kind;
  }
  const short = (value: number) => Number(value.toPrecision(6));
  const order = kind === "ordinal" && orderOf(levels!);
  const words = [log && "ln", kind !== "numeric" && kind, order, format].filter(Boolean).join(", ");
  return `${short(centre)}, ${short(scale)}${words && ` (${words})`}`;
}

/** The levels of an ordinal column, least first, as far as they fit in a line. */
function orderOf(levels: readonly string[]): string {
  const shown = levels.slice(0, MOST_LEVELS).map(printable);
  return [...shown, ...(levels.length > MOST_LEVELS ? ["…"] : [])].join(" < ");
}

const MOST_LEVELS = 6;

function tableSections(file: ModelFile): Section[] {
  const table = tableModelOf(file);
  const { schema, calibration, falseAlarmRate, ensemble, window, clock, by } = table;
  const threshold = calibration.threshold(falseAlarmRate);
  return [
    ...(ensemble ? [ensembleSection(ensemble)] : []),
    {
      title: "Calibration",
      lines: [
        ...(window ? [["Series", `windows of ${window} rows`] as const] : []),
        ...(clock ? [["  laid out by", clock.column.name] as const] : []),
        ...(by === undefined ? [] : [["  told apart by", by] as const]),
        ["Rows", count(calibration.scores.length)],
        ["False-alarm rate", String(falseAlarmRate)],
        ["Flags rows above", `${nats(threshold)} nats`],
        ...warningsOf(table).map((warning) => ["Warning", warning] as const),
      ],
    },
    {
      title: "Columns: mean and standard deviation",
      lines: [
        ...missingLines(schema),
        ...schema.map(({ name }, c): [string, string] => [`  ${name}`, describeColumn(table, c)]),
      ],
    },
  ];
}

/** What stands for a missing value, where that was said: mostly the same in all columns. */
function missingLines(schema: readonly ColumnSchema[]): [string, string][] {
  const lists = new Set(schema.map(({ missing = [] }) => missing.map(printable).join(", ")));
  lists.delete("");
  return [...lists].map((list) => ["  Missing if", list]);
}

function ensembleSection({ statistics, parts }: EnsembleModel): Section {
  return {
    title: "Ensemble; the network above is its first",
    lines: [
      ["Statistics", statistics.join(", ")],
      ...parts.map(({ spec: { view, features, members, references } }): [string, string] => [
        `View ${view}`,
        `${counted(features, "feature")}, ${counted(members, "network")}, ${
          counted(references, "reference row")
        }`,
      ]),
    ],
  };
}

function rbmLines({ metadata }: ModelFile): [string, string][] {
  const { visible, hidden } = parseRbmSpec(metadata.spec);
  return [["Units", `${count(visible)} visible, ${count(hidden)} hidden`]];
}

/** For an ensemble, one line for each network whose training has started. */
function checkpointLines(file: ModelFile): [string, string][] {
  const networks = statesOf(file);
  if (networks.size > 0) {
    return Array.from(networks, ([network, bytes]) => {
      const { epochs, isFinished } = runOf(readModelFile(bytes));
      return [`Network ${network}`, `${epochs} epochs${isFinished ? ", finished" : ""}`];
    });
  }
  const { epochs, steps, isFinished, seed } = runOf(file);
  return [
    ["Epochs", epochs],
    ["Steps", `${steps}`],
    ["Finished", isFinished ? "yes" : "no"],
    ["Seed", `${seed}`],
  ];
}

function runOf({ metadata }: ModelFile) {
  const { counters, identity } = metadata as {
    counters?: { epoch?: number; step?: number; finished?: boolean };
    identity?: { recipe?: { epochs?: number; seed?: number } };
  };
  const epochs = `${counters?.epoch} of ${identity?.recipe?.epochs}`;
  const isFinished = counters?.finished ?? false;
  return { epochs, steps: counters?.step, isFinished, seed: identity?.recipe?.seed };
}

function countValues(tensors: ReadonlyMap<string, Tensor>): number {
  return [...tensors.values()].reduce((sum, { data }) => sum + data.length, 0);
}
