/** `elbow import STATE_DICT --out MODEL`: converts a plain PyTorch VAE, saved as safetensors, to a model file. */
import { Command, Option } from "npm:commander@15.1.0";
import { latentSize } from "../../models/spec.ts";
import { ACTIVATIONS } from "../../ops/names.ts";
import { readModelFile } from "../../trained/file/model_file.ts";
import { VAE } from "../../training/vae.ts";
import type { StateDictOptions } from "../../exports/state_dict.ts";
import { StateDictError } from "../../exports/state_dict_layers.ts";
import { readWhole, requireModelPath, writeAtomically } from "../files/files.ts";
import { type Io, print } from "../io.ts";
import * as options from "../options.ts";
import { jsonLine, report } from "../text/text.ts";

/** Likelihoods that need no further options. */
const LIKELIHOODS = ["bernoulli", "gaussian", "continuousBernoulli", "poisson"] as const;

interface ImportFlags extends options.JsonOption {
  readonly out?: string;
  readonly activation: StateDictOptions["activation"];
  readonly likelihood: typeof LIKELIHOODS[number];
  readonly layers?: string;
}

export function importCommand(io: Io): Command {
  const command = new Command("import").summary("read a PyTorch VAE")
    .description(
      "Reads the state_dict of a plain VAE of linear layers, saved by safetensors.torch.save_file, or " +
        "by elbow export. Layers are recognised by their shapes, or named with --layers:\n" +
        '  {"encoder":["fc1"],"mean":"fc21","logVar":"fc22","decoder":["fc3","fc4"]}',
    )
    .argument("<file>", "safetensors file")
    .option("--out <model>", "model file to write (required)")
    .addOption(
      new Option("--activation <name>", "activation between the layers").choices(ACTIVATIONS)
        .default("relu"),
    )
    .addOption(
      new Option(
        "--likelihood <name>",
        "distribution whose parameter the last layer gives; a Gaussian has variance 1",
      )
        .choices(LIKELIHOODS).default("bernoulli"),
    )
    .option("--layers <file>", "JSON file that names the layers")
    .addOption(options.jsonOption());
  return command.action(async (path: string, flags: ImportFlags) => {
    const out = options.required(flags.out, "--out <model>", command);
    await requireModelPath(out, [path]);
    const { activation, likelihood: type, layers } = flags;
    const vae = vaeOf(path, await readTensors(path), {
      activation,
      likelihood: type === "gaussian" ? { type, variance: 1 } : { type },
      ...(layers !== undefined && { layers: await readLayers(layers) }),
    });
    await writeAtomically(out, [vae.save()]);
    const { spec } = vae, { inputs, encoder, decoder, likelihood } = spec, size = latentSize(spec);
    vae.dispose();
    const result = { file: path, out, inputs, encoder, decoder, latent: size, likelihood };
    if (flags.json) return print(io, jsonLine(result));
    const chain = (...widths: unknown[]) => widths.join(" - ");
    io.stdout(report([{
      lines: [
        ["Written", out],
        ["Encoder", `${chain(inputs, ...encoder.hidden, size)}, ${encoder.activation}`],
        ["Decoder", `${chain(size, ...decoder.hidden, inputs)}, ${decoder.activation}`],
        ["Likelihood", likelihood.type],
      ],
    }]));
  });
}

/** @throws TypeError for another format: safetensors starts with the length of its header, then "{" */
async function readTensors(path: string): Promise<Uint8Array> {
  const bytes = await readWhole(path);
  if (bytes[8] !== "{".charCodeAt(0)) {
    throw new TypeError(`Cannot import ${path}: expected a safetensors file`);
  }
  if (isModel(bytes)) throw new TypeError(`Cannot import ${path}: it is an Elbow model already`);
  return bytes;
}

function isModel(bytes: Uint8Array): boolean {
  try {
    return readModelFile(bytes) !== undefined;
  } catch {
    return false;
  }
}

/** @throws SyntaxError that names the file, for tensors that are not those of a plain VAE */
function vaeOf(path: string, tensors: Uint8Array, options: StateDictOptions): VAE {
  try {
    return VAE.fromStateDict(tensors, options);
  } catch (cause) {
    if (!(cause instanceof StateDictError)) throw cause;
    throw new SyntaxError(`Cannot import ${path}: ${cause.fault}`, { cause });
  }
}

async function readLayers(path: string): Promise<StateDictOptions["layers"]> {
  try {
    return JSON.parse(new TextDecoder().decode(await readWhole(path)));
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new SyntaxError(`Cannot read ${path}: expected one JSON object`, { cause });
  }
}
