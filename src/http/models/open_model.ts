/**
 * Opens models from untrusted bytes. The outcome is always a usable model or a problem that says why not; reading
 * evaluates nothing and takes memory in proportion to the bytes.
 */
import { isRefusal } from "../../core/errors.ts";
import { latentWidth } from "../../models/latents.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { readModelFile } from "../../trained/file/model_file.ts";
import { type TableModel, tableModelOf, TableScorer } from "../../scoring/table_scorer.ts";
import { type DeviceOptions, fromModelFile, TrainedVae } from "../../trained/trained_vae.ts";
import type { Model } from "./catalogue.ts";
import { Problem } from "../answers/problems.ts";

/** The most columns (conditions included), latent dimensions and hidden units of a served model. */
const MAX_WIDTH = 16_384;

/**
 * Opens a model file.
 * @param tryIt whether to also score a row: a valid model may be too large for this machine
 * @throws Problem naming what is wrong
 */
export function openModel(bytes: Uint8Array, device: DeviceOptions, tryIt = false): Model {
  try {
    const file = readModelFile(bytes);
    const [spec, values] = fromModelFile(file);
    const table: TableModel | undefined = file.kind === "detector" ? tableModelOf(file) : undefined;
    if (Math.max(...widthsOf(spec)) > MAX_WIDTH) {
      throw new RangeError(`Cannot read model: no layer may be wider than ${MAX_WIDTH}`);
    }
    const vae = new TrainedVae(spec, values, device);
    if (tryIt) tryToScore(vae);
    return table ? new TableScorer(vae, table) : vae;
  } catch (error) {
    if (!isRefusal(error)) throw error;
    throw new Problem("invalid-model", error.message);
  }
}

function tryToScore({ onHost }: TrainedVae): void {
  const program = onHost.compileSingle("score");
  program.run(1);
  program.dispose();
}

function widthsOf(spec: ModelSpec): number[] {
  const { inputs, condition, encoder, decoder, classifier, latent } = spec;
  const networks = [
    encoder,
    decoder,
    classifier,
    ...latent.flatMap((layer) => [layer.encoder, layer.decoder]),
  ];
  return [
    inputs,
    condition,
    ...latent.map((layer) => latentWidth(layer)),
    ...networks.flatMap((network) => network?.hidden ?? []),
  ];
}
