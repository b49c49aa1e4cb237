/**
 * Models for other programs: ONNX, TensorFlow.js graph models, PyTorch state_dicts, NPZ.
 *
 * ```ts
 * import { exportModel } from "./mod.ts";
 * const files = exportModel(vae, { format: "onnx" }); // encoder.onnx, decoder.onnx, score.onnx, elbo.onnx
 * ```
 *
 * The graphs of a detector take `rows` of its table, with cells as `table.json` describes; an ensemble has only
 * `score`.
 *
 * @module
 */
import { OptionError } from "../core/option_error.ts";
import { requireChoice } from "../core/validate.ts";
import { VERSION } from "../core/version.ts";
import type { TrainedVae } from "../trained/trained_vae.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import { rowSchema } from "../scoring/table_model.ts";
import { writeOnnx } from "./onnx.ts";
import { exportEnsemble } from "./primitives/ensemble.ts";
import { exportProgram, type GraphName, GRAPHS } from "./program.ts";
import type { Fused } from "./primitives/primitives.ts";
import { writeNpz, writeStateDict } from "./tensors.ts";
import { writeTfjs } from "./tfjs.ts";

export type * from "../scoring/mod.ts";
export { type GraphName, GRAPHS } from "./program.ts";

/** The formats. */
export const EXPORT_FORMATS = ["onnx", "tfjs", "safetensors", "npz"] as const;

/** The name of a format. */
export type ExportFormat = typeof EXPORT_FORMATS[number];

/** Options of an export. */
export interface ExportOptions {
  /** The format. */
  readonly format: ExportFormat;
  /** ONNX with only the operators that every runtime has (default: false). */
  readonly portableOps?: boolean;
}

/** The only graph of an ensemble. */
const SCORE: GraphName = "score";

/** The primitives that each format has beyond the smallest set. */
const FUSED: { readonly [F in "onnx" | "tfjs"]: readonly Fused[] } = {
  onnx: ["gemm", "softplus", "elu", "softmax", "kthLeast"],
  tfjs: ["gemm", "softplus", "elu", "softmax"],
};

/**
 * The files of an export, by name, which may include folders.
 * @throws TypeError for the weights of a detector with several networks; RangeError naming an operation or a column of
 *   the model that the format cannot express
 */
export function exportModel(
  model: TrainedVae | TableScorer,
  options: ExportOptions,
): Map<string, Uint8Array> {
  const { portableOps = false } = options;
  const format = requireChoice("format", options.format, EXPORT_FORMATS);
  if (portableOps && format !== "onnx") {
    throw new TypeError(`Cannot export: portableOps is for "onnx", got "${format}"`);
  }
  const [vae, detector] = "vae" in model ? [model.vae, model] : [model];
  if (detector) requireExportable(detector, format);
  switch (format) {
    case "safetensors":
      return new Map([["model.safetensors", writeStateDict(vae)]]);
    case "npz":
      return new Map([["model.npz", writeNpz(vae)]]);
    default: {
      const fused = portableOps ? [] : FUSED[format], { table } = detector ?? {};
      const names = table?.ensemble ? [SCORE] : GRAPHS;
      const files = names.map((name): [string, Uint8Array][] => {
        const program = table?.ensemble
          ? exportEnsemble(table, fused)
          : exportProgram(name, vae, fused, table);
        if (format === "onnx") return [[`${name}.onnx`, writeOnnx(program, VERSION)]];
        const files = writeTfjs(program, VERSION);
        return [
          [`${name}/model.json`, UTF8.encode(files["model.json"])],
          [`${name}/weights.bin`, files["weights.bin"]],
        ];
      });
      if (detector) files.push([["table.json", UTF8.encode(aboutTable(detector))]]);
      return new Map(files.flat());
    }
  }
}

const UTF8 = new TextEncoder();

function requireExportable({ table, schema }: TableScorer, format: ExportFormat): void {
  const isGraph = format === "onnx" || format === "tfjs";
  if (table.ensemble && !isGraph) {
    throw new OptionError((name) =>
      `Cannot export detector as ${format}: it must hold one network, as ${
        name("preset", "small")
      } does, got an ensemble of networks and references, which "onnx" and "tfjs" take`
    );
  }
  const time = schema.find(({ kind }) => kind === "timestamp");
  if (!time || format !== "tfjs") return;
  throw new RangeError(
    `Cannot export column "${time.name}": TensorFlow.js has only float32, which is too coarse for times: export to "onnx"`,
  );
}

/** What a program needs to know to make rows and to read their scores. */
function aboutTable({ table, vae, falseAlarmRate }: TableScorer): string {
  const { schema, window, calibration, streamCalibration = calibration } = table;
  const about = {
    columns: rowSchema(schema, window),
    missing: vae.spec.missing !== undefined,
    falseAlarmRate,
    threshold: streamCalibration.threshold(falseAlarmRate),
  };
  return `${JSON.stringify(about, null, 2)}\n`;
}
