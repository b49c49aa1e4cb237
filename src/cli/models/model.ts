/** Opens model files: detectors, and bare VAEs, whose columns are known only by position. */
import { isTable, rbmUnits, type Units, unitsOf, vaeOf } from "../../scoring/units.ts";
import { type ModelFile, ModelFileError, readModelFile } from "../../trained/file/model_file.ts";
import { tableModelOf, TableScorer } from "../../scoring/table_scorer.ts";
import { type DeviceOptions, fromModelFile, TrainedVae } from "../../trained/trained_vae.ts";
import { rbmFromFile, TrainedRbm } from "../../trained/rbm/trained_rbm.ts";
import { ANY_EXTENSIONS } from "../../formats/extensions.ts";
import { readWhole } from "../files/files.ts";
import { endingOf } from "../text/paths.ts";

/** A model from a file. */
export interface LoadedModel {
  readonly path: string;
  readonly vae: TrainedVae;
  readonly rbm?: undefined;
  /** Calibrated scores; a bare VAE has none. */
  readonly scorer?: TableScorer;
  /** The columns, and the conversion between the table and the VAE. */
  readonly units: Units;
  [Symbol.dispose](): void;
}

/**
 * Loads a detector or a VAE.
 * @throws TypeError if the file cannot be read, SyntaxError naming it if it is not a complete model
 */
export async function loadModel(path: string, device: DeviceOptions = {}): Promise<LoadedModel> {
  return modelFrom(path, await loadFile(path), device);
}

function modelFrom(path: string, file: ModelFile, device: DeviceOptions): LoadedModel {
  const model = namingFile(path, () => {
    const vae = new TrainedVae(...fromModelFile(file), device);
    return file.kind === "detector" ? new TableScorer(vae, tableModelOf(file)) : vae;
  });
  return {
    path,
    vae: vaeOf(model),
    scorer: isTable(model) ? model : undefined,
    units: unitsOf(model),
    [Symbol.dispose]: () => model.dispose(),
  };
}

/** A Boltzmann machine from a file. */
export interface LoadedRbm {
  readonly path: string;
  readonly rbm: TrainedRbm;
  readonly vae?: undefined;
  readonly scorer?: undefined;
  readonly units: Units;
  [Symbol.dispose](): void;
}

/** Loads a detector, a VAE or a Boltzmann machine. @throws as `loadModel` */
export async function loadAny(
  path: string,
  device: DeviceOptions = {},
): Promise<LoadedModel | LoadedRbm> {
  const file = await loadFile(path);
  if (file.kind !== "rbm") return modelFrom(path, file, device);
  const rbm = namingFile(path, () => new TrainedRbm(...rbmFromFile(file), device));
  return { path, rbm, units: rbmUnits(rbm.spec), [Symbol.dispose]: () => rbm.dispose() };
}

/** The parts of any file that Elbow writes, including checkpoints. */
export async function loadFile(path: string): Promise<ModelFile> {
  const bytes = await readWhole(path);
  return namingFile(path, () => readModelFile(bytes));
}

/** Runs `read`; its errors about a model then name the file. */
export function namingFile<Value>(path: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    throw aboutFile(path, error);
  }
}

/** The same error, about a named file, which may be a table; an error that is not about a model as it is. */
export function aboutFile(path: string, error: unknown): unknown {
  if (!(error instanceof ModelFileError)) return error;
  const fault = ANY_EXTENSIONS.includes(endingOf(path))
    ? "expected a model file, which comes before DATA, got a table"
    : error.fault;
  return new SyntaxError(`Cannot read ${path}: ${fault}`, { cause: error });
}
