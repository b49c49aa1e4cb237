/**
 * Models for other programs: ONNX, TensorFlow.js graph models, PyTorch state_dicts, NPZ.
 *
 * ```ts
 * import { exportModel } from "./mod.ts";
 * const files = exportModel(vae, { format: "onnx" }); // encoder.onnx, decoder.onnx, score.onnx, elbo.onnx
 * ```
 *
 * @module
 */
import { requireChoice } from "../core/validate.ts";
import { VERSION } from "../core/version.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import { writeOnnx } from "./onnx.ts";
import type { Preprocessing } from "./preprocessing.ts";
import { exportProgram, type GraphName, GRAPHS } from "./program.ts";
import type { Fused } from "./primitives.ts";
import { writeNpz, writeStateDict } from "./tensors.ts";
import { writeTfjs } from "./tfjs.ts";

export type * from "../scoring/mod.ts";
export type { Preprocessing } from "./preprocessing.ts";
export { type GraphName, GRAPHS } from "./program.ts";

/** The formats. */
export const EXPORT_FORMATS = ["onnx", "tfjs", "safetensors", "npz"] as const;

/** The name of a format. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** What an export is told. */
export interface ExportOptions {
  /** Which format. */
  readonly format: ExportFormat;
  /** ONNX with nothing but the operators that any runtime has; false. */
  readonly portableOps?: boolean;
  /** What a row goes through before the model sees it: a detector's. Its graphs then take `rows`. */
  readonly preprocessing?: Preprocessing;
}

const FUSED: readonly Fused[] = ["gemm", "softplus", "elu", "softmax"];

/**
 * The files of an export, by name; folders are part of the name.
 * @throws RangeError naming an operation of the model that has no form there
 */
export function exportModel(model: TrainedVae, options: ExportOptions): Map<string, Uint8Array> {
  const { portableOps = false, preprocessing } = options;
  const format = requireChoice("format", options.format, EXPORT_FORMATS);
  if (portableOps && format !== "onnx") {
    throw new TypeError(`Cannot export: portableOps is for "onnx": current value is "${format}"`);
  }
  switch (format) {
    case "safetensors":
      return new Map([["model.safetensors", writeStateDict(model)]]);
    case "npz":
      return new Map([["model.npz", writeNpz(model)]]);
    default: {
      const program = (name: GraphName) => exportProgram(name, model, portableOps ? [] : FUSED);
      const more = { version: VERSION, preprocessing };
      const files = GRAPHS.map((name): [string, Uint8Array][] => {
        if (format === "onnx") return [[`${name}.onnx`, writeOnnx(program(name), more)]];
        const encoder = new TextEncoder(), files = writeTfjs(program(name), more);
        return [
          [`${name}/model.json`, encoder.encode(files["model.json"])],
          [`${name}/weights.bin`, files["weights.bin"]],
        ];
      });
      return new Map(files.flat());
    }
  }
}
