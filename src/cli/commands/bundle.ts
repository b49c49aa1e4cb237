/**
 * `elbow bundle MODEL --target workers|deno|browser`: a folder that is ready to deploy: handler, library, kernels,
 * model, config, and a README with the one command. It is written completely or not at all.
 */
import { Command, Option } from "npm:commander@15.1.0";
import { isModelName, NAME_RULE } from "../../storage/model_store.ts";
import { BROWSER } from "../bundle/browser.ts";
import { DENO } from "../bundle/deno.ts";
import { bundleLibrary, kernelFile, withoutKernels } from "../bundle/library.ts";
import { type BundledModel, modelFile, type Target } from "../bundle/target.ts";
import { WORKERS } from "../bundle/workers.ts";
import { readWhole } from "../files/files.ts";
import { baseName } from "../text/paths.ts";
import type { Model } from "../../scoring/units.ts";
import { requireEmptyFolder, writeFolder } from "../files/folders.ts";
import { type Io, print } from "../io.ts";
import { loadModel } from "../models/model.ts";
import * as options from "../options.ts";
import { count, jsonLine, report } from "../text/text.ts";

const TARGETS = { workers: WORKERS, deno: DENO, browser: BROWSER } as const satisfies Record<
  string,
  Target
>;

type TargetName = keyof typeof TARGETS;

interface BundleOptions extends options.JsonOption {
  readonly target?: TargetName;
  readonly out?: string;
}

export function bundleCommand(io: Io): Command {
  const command = new Command("bundle").summary("write a folder ready to deploy")
    .description(
      "Writes a folder with everything a host needs to score with a model, and a README with the one " +
        "command that deploys it. workers and deno serve it over HTTP; browser is a page.",
    )
    .argument("<model>", options.MODEL_FILE)
    .addOption(
      new Option("--target <host>", "where it will run (required)")
        .choices(Object.keys(TARGETS)),
    )
    .option("--out <dir>", "folder to write, new or empty (default: NAME-TARGET)")
    .addOption(options.jsonOption());
  return command.action(async (path: string, { target, out, json }: BundleOptions) => {
    const name = options.required(target, "--target <host>", command);
    const model = await readModel(path, name);
    const folder = out ?? `${model.name}-${name}`;
    await requireEmptyFolder(folder);
    const files = await filesOf(TARGETS[name], model, await readWhole(path));
    await writeFolder(folder, files);
    const sizes = [...files].map(([file, { length: bytes }]) => ({ file, bytes }));
    const { deploy, tryIt } = TARGETS[name];
    if (json) {
      return print(io, jsonLine({ model: path, target: name, folder, deploy, files: sizes }));
    }
    io.stdout(report([
      { lines: [["Folder", folder], ["Try it there", tryIt], ["Deploy", deploy]] },
      {
        title: "Files",
        lines: sizes.map(({ file, bytes }) => [`  ${file}`, `${count(bytes)} bytes`]),
      },
    ]));
  });
}

/** @throws TypeError or SyntaxError for a file that is not a model, or cannot be served */
async function readModel(path: string, target: TargetName): Promise<BundledModel> {
  const name = baseName(path).replace(/\.safetensors$/, "");
  if (!isModelName(name)) {
    throw new TypeError(`Cannot bundle ${path}: ${NAME_RULE}`);
  }
  using model = await loadModel(path);
  const { condition } = model.vae.spec;
  if (condition > 0) {
    throw new TypeError(
      `Cannot bundle ${path}: a model with a condition (${condition} columns) cannot be bundled`,
    );
  }
  if (model.scorer?.window !== undefined && target !== "browser") {
    throw new TypeError(
      `Cannot bundle ${path} for ${target}: the model scores a series, in windows of ${model.scorer.window} rows: use --target browser`,
    );
  }
  const kind = model.scorer ? "detector" : "vae";
  if (target === "browser") return { name, kind };
  return { name, kind, row: await rowOf(model.scorer ?? model.vae) };
}

/** A row drawn from the model, rounded to three digits, so that every build of the kernels gives the same. */
async function rowOf(model: Model): Promise<BundledModel["row"]> {
  const { createApp } = await import("../../http/mod.ts");
  const response = await createApp({ models: { model } }).request("/v1/models/model/sample", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ count: 1 }),
  });
  // A model whose draws overflow has no row to show.
  if (!response.ok) return undefined;
  const { rows: [row] }: { readonly rows: readonly (readonly unknown[])[] } = await response.json();
  return row.map((cell) => typeof cell === "number" ? Number(cell.toPrecision(3)) : cell);
}

/** Every file of the folder, as bytes. */
async function filesOf(
  target: Target,
  model: BundledModel,
  modelBytes: Uint8Array,
): Promise<Map<string, Uint8Array>> {
  const library = await bundleLibrary(target.entry(model));
  const texts = {
    "README.md": readme(target, model),
    ...target.files(model),
    "elbow.js": target.kernelModule ? withoutKernels(library) : library,
  };
  const encoder = new TextEncoder();
  return new Map([
    ...Object.entries(texts).map(([name, text]) => [name, encoder.encode(text)] as const),
    ...(target.kernelModule ? [["kernels.wasm", kernelFile()] as const] : []),
    [modelFile(model), modelBytes],
  ]);
}

function readme(target: Target, model: BundledModel): string {
  return `# ${model.name}

Scores rows with \`${
    modelFile(model)
  }\`. Made by \`elbow bundle\`; making it again writes the same folder.

Deploy, in this folder:

    ${target.deploy}

Try it here first:

    ${target.tryIt}

${target.notes(model)}`;
}
