/**
 * `elbow export MODEL --to onnx|tfjs|safetensors|npz`: a model for other programs. ONNX and TensorFlow.js get a folder
 * with one graph each for encoding, decoding, scoring and the ELBO; the other formats are one file.
 */
import { Command, Option } from "npm:commander@15.1.0";
import type { ExportFormat } from "../../exports/mod.ts";
import { requireEmptyFolder, writeFolder } from "../files/folders.ts";
import { requireEnding, requireWritablePath, writeAtomically } from "../files/files.ts";
import { baseName, endingOf } from "../text/paths.ts";
import { type Io, print } from "../io.ts";
import { loadFile, loadModel } from "../models/model.ts";
import * as options from "../options.ts";
import { count, jsonLine, report } from "../text/text.ts";

interface ExportFlags extends options.JsonOption {
  readonly to?: ExportFormat;
  readonly out?: string;
  readonly portableOps?: boolean;
}

/** The default name of the output: a folder, or a file with this extension. */
const DESTINATIONS: {
  readonly [F in ExportFormat]: { readonly ending: string; readonly isFile: boolean };
} = {
  onnx: { ending: "-onnx", isFile: false },
  tfjs: { ending: "-tfjs", isFile: false },
  safetensors: { ending: "-state-dict.safetensors", isFile: true },
  npz: { ending: ".npz", isFile: true },
};

export function exportCommand(io: Io): Command {
  const command = new Command("export").summary("write a model for other programs")
    .description(
      "Writes a model as ONNX or TensorFlow.js graphs (a folder), as a PyTorch state_dict in a " +
        "safetensors file, or as NPZ. The graphs are encoder, decoder, score, and elbo, which takes noise as " +
        "an input. A detector's graphs take rows of its table, which table.json describes; the default " +
        "detector, an ensemble, has only score.",
    )
    .argument("<model>", options.MODEL_FILE)
    .addOption(
      new Option("--to <format>", "what to write (required)")
        .choices(Object.keys(DESTINATIONS)),
    )
    .option("--out <path>", "folder or file to write (default: named after the model)")
    .option("--portable-ops", "with onnx: use only operators that every runtime has")
    .addOption(options.jsonOption());
  return command.action(async (path: string, flags: ExportFlags) => {
    const format = options.required(flags.to, "--to <format>", command);
    if (flags.portableOps && format !== "onnx") {
      command.error("error: option '--portable-ops' is for --to onnx");
    }
    const { ending, isFile } = DESTINATIONS[format];
    const out = flags.out ?? baseName(path).replace(/\.safetensors$/, "") + ending;
    await (isFile ? requireFilePath(out, path, ending) : requireFolderPath(out, format));
    const files = await filesOf(path, format, flags.portableOps);
    if (isFile) await writeAtomically(out, files.values());
    else await writeFolder(out, files);
    const sizes = [...files].map(([file, { length: bytes }]) => ({ file, bytes }));
    if (flags.json) return print(io, jsonLine({ model: path, format, out, files: sizes }));
    io.stdout(report([{
      lines: [
        ["Written", isFile ? `${out} (${count(sizes[0].bytes)} bytes)` : out],
        ...(isFile ? [] : sizes).map((
          { file, bytes },
        ): [string, string] => [`  ${file}`, `${count(bytes)} bytes`]),
      ],
    }]));
  });
}

/** Its extension is that of the format, if it has one. */
async function requireFilePath(out: string, model: string, ending: string): Promise<void> {
  await requireWritablePath(out, [model]);
  requireEnding(out, [endingOf(model + ending)]);
}

/** Refuses the name of a file where a folder is written. */
async function requireFolderPath(out: string, format: ExportFormat): Promise<void> {
  const ending = endingOf(out);
  if (ending === ".onnx" || ending === ".json") {
    throw new TypeError(
      `Cannot write ${out}: expected the name of a folder, as ${format} is several files, got one with "${ending}"`,
    );
  }
  await requireEmptyFolder(out);
}

async function filesOf(
  path: string,
  format: ExportFormat,
  portableOps?: boolean,
): Promise<Map<string, Uint8Array>> {
  const { metadata: { ensemble } } = await loadFile(path);
  if (ensemble !== undefined && DESTINATIONS[format].isFile) {
    const current = "an ensemble of networks and references: use --to onnx or tfjs";
    throw new TypeError(
      `Cannot export ${path} as ${format}: it must hold one network, as --preset small does, got ${current}`,
    );
  }
  using model = await loadModel(path);
  // Loaded on use: no other command needs it.
  const { exportModel } = await import("../../exports/mod.ts");
  return exportModel(model.scorer ?? model.vae, { format, portableOps });
}
