/**
 * The contents of a model file: its parameters, and what a detector adds to them, by name. Anything else is rejected,
 * so that no reader ignores something that it does not understand.
 */
import { show } from "../../core/validate.ts";
import type { ParameterSpec } from "../../layers/scope.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import type { NamedTensor } from "../named_tensor.ts";
import { areFinite } from "../finite.ts";
import { type ModelFile, ModelFileError } from "./model_file.ts";

/** Vectors that a detector's file has in addition to a VAE's parameters, see `scoring/table_file.ts`. */
export const TABLE_TENSORS = [
  "table.centre",
  "table.scale",
  "table.typical",
  "table.calibration",
] as const;

/** The reference for drift; absent in older files. */
export const SKETCH_TENSOR = "table.sketches";
/** Optional vectors "table.NAME": the cost of a cell by itself, and the cost of an impossible cell. */
export const OPTIONAL_PARTS = ["costs", "impossible"] as const;
/** The calibration of streams, for a series. */
export const STREAM_TENSOR = "table.stream";

/** Prefix of an ensemble's tensors, which `scoring/ensemble/ensemble_file.ts` describes. */
export const ENSEMBLE_PREFIX = "ensemble.";

/** Whether a tensor belongs to an ensemble. */
export const isEnsembleTensor = (name: string): boolean => name.startsWith(ENSEMBLE_PREFIX);

/** Rejects what does not belong in the file of a VAE or detector. Readers detect what is missing. */
function requireContents(
  { kind, metadata, tensors }: ModelFile,
  parameters: readonly string[],
): void {
  const isDetector = kind === "detector";
  const texts = isDetector ? ["spec", "table"] : ["spec"];
  const ofTable = isDetector
    ? [...TABLE_TENSORS, SKETCH_TENSOR, ...OPTIONAL_PARTS.map((name) => `table.${name}`)]
    : [];
  const ofSeries = isDetector && isSeries(metadata.table) ? [STREAM_TENSOR] : [];
  const names = new Set<string>([...parameters, ...ofTable, ...ofSeries]);
  if (isDetector && metadata.ensemble !== undefined) texts.push("ensemble");
  const hasEnsemble = texts.includes("ensemble");
  const text = Object.keys(metadata).find((name) => !texts.includes(name));
  // The reader of ensembles checks their tensors.
  const tensor = [...tensors.keys()].find((name) =>
    !names.has(name) && !(hasEnsemble && isEnsembleTensor(name))
  );
  if (text === undefined && tensor === undefined) return;
  const unknown = text === undefined ? `tensor ${show(tensor)}` : `metadata ${show(text)}`;
  throw new ModelFileError(`unknown ${unknown}`);
}

const isSeries = (table: unknown): boolean =>
  typeof table === "object" && table !== null && "window" in table;

/** Parameters as tensors of a file. */
export function parameterTensors(
  parameters: ReadonlyMap<string, NamedTensor>,
): Map<string, Tensor> {
  return new Map([...parameters].map(([name, { shape, data }]) => [
    name,
    { dtype: "F32", shape, data },
  ]));
}

/**
 * The values of a model's parameters in a file, by name.
 * @throws ModelFileError if one is absent, misshapen or not finite, or the file holds anything unknown
 */
export function parameterValues(
  file: ModelFile,
  parameters: readonly ParameterSpec[],
): Map<string, Float32Array> {
  requireContents(file, parameters.map(({ name }) => name));
  const values = parameters.map(({ name, rows, cols }) => {
    const { data, shape } = file.tensors.get(name) ?? {};
    const shaped = shape?.length === 2 && shape[0] === rows && shape[1] === cols;
    if (data instanceof Float32Array && shaped && areFinite(data)) {
      return [name, data] as const;
    }
    throw new ModelFileError(
      `parameter "${name}" must be finite float32 [${rows}, ${cols}]`,
    );
  });
  return new Map(values);
}
