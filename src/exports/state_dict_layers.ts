/**
 * Identifies the layers of a foreign VAE by the shapes of its linear layers:
 *
 *   D → … → H ⇉ (L, L) and L → … → D: an encoder, two heads of equal shape, a decoder, each layer used once
 *
 * Shapes do not tell which head is the mean; names do (`mu`, `mean`; `var`, `std`), or else their order (fc21 before
 * fc22). If shapes allow several assignments, one is chosen whose names all start with "enc" and "dec" correctly, or in
 * which rows pass through the layers in the order of their names; otherwise the caller must give a map.
 */

/** The file is not the state_dict of a plain VAE. */
export class StateDictError extends SyntaxError {
  /** For messages. */
  override name = "StateDictError";
  /** What is wrong with the file, in words. */
  declare readonly fault: string;

  /** @param fault what is wrong with the file, in words */
  constructor(fault: string, options?: ErrorOptions) {
    super(`Cannot read state_dict: ${fault}`, options);
    this.fault = fault;
  }
}

/** A linear layer, y = W x + b, W `[O, I]`. */
export interface LinearLayer {
  readonly name: string;
  readonly inputs: number;
  readonly outputs: number;
}

/** Names of the layers, in the order a row passes through them. */
export interface LayerMap {
  /** Hidden layers, from the data up. */
  readonly encoder: readonly string[];
  /** The head of the means. */
  readonly mean: string;
  /** The head of the log-variances. */
  readonly logVar: string;
  /** The last one gives the parameter of p(x | z). */
  readonly decoder: readonly string[];
}

/** Limit on search steps: layers of equal width have as many assignments as orders. */
const MAX_STEPS = 10_000;

/** @throws StateDictError if no assignment fits, or several do */
export function inferLayers(layers: readonly LinearLayer[]): LayerMap {
  const sorted = [...layers].sort((a, b) => a.name.localeCompare(b.name, "en", { numeric: true }));
  let steps = 0;
  const step = () => {
    if (++steps > MAX_STEPS) {
      throw noAssignment("too many interpretations fit: give layers", layers);
    }
  };
  const readings = sorted.flatMap((first) => encoders(sorted, [first], step));
  if (readings.length === 0) {
    throw noAssignment("expected an encoder, two heads of one shape and a decoder", layers);
  }
  if (readings.length === 1) return readings[0];
  const named = readings.filter((map) => parts(map) === layers.length - 2);
  const ordered = (named.length > 0 ? named : readings).filter((map) => isAscending(map, sorted));
  const [only, ...more] = named.length === 1 ? named : ordered;
  if (only && more.length === 0) return only;
  throw noAssignment("several interpretations fit: give layers", layers);
}

/** Every assignment whose encoder starts with these layers. */
function encoders(
  all: readonly LinearLayer[],
  encoder: readonly LinearLayer[],
  step: () => void,
): LayerMap[] {
  step();
  const { outputs } = encoder.at(-1)!;
  const nextLayers = all.filter((each) => each.inputs === outputs && !encoder.includes(each));
  const asHeads = nextLayers.flatMap((mean, i) =>
    nextLayers.slice(i + 1)
      .filter((logVar) => logVar.outputs === mean.outputs)
      .flatMap((logVar) => decoders(all, encoder, orderHeads(mean, logVar), [], step))
  );
  const asHidden = nextLayers.flatMap((each) => encoders(all, [...encoder, each], step));
  return [...asHeads, ...asHidden];
}

function decoders(
  all: readonly LinearLayer[],
  encoder: readonly LinearLayer[],
  heads: readonly [LinearLayer, LinearLayer],
  decoder: readonly LinearLayer[],
  step: () => void,
): LayerMap[] {
  step();
  const used = [...encoder, ...heads, ...decoder];
  const width = decoder.at(-1)?.outputs ?? heads[0].outputs;
  if (used.length === all.length) {
    if (decoder.length === 0 || width !== encoder[0].inputs) return [];
    const names = (list: readonly LinearLayer[]) => list.map(({ name }) => name);
    const [mean, logVar] = names(heads);
    return [{ encoder: names(encoder), mean, logVar, decoder: names(decoder) }];
  }
  return all.filter((each) => each.inputs === width && !used.includes(each))
    .flatMap((each) => decoders(all, encoder, heads, [...decoder, each], step));
}

function orderHeads(a: LinearLayer, b: LinearLayer): [LinearLayer, LinearLayer] {
  const isScale = ({ name }: LinearLayer) => /var|std|sigma|scale/i.test(name);
  const isMean = ({ name }: LinearLayer) => /mu|mean|loc/i.test(name);
  const swapped = isScale(a) !== isScale(b) ? isScale(a) : !isMean(a) && isMean(b);
  return swapped ? [b, a] : [a, b];
}

/** How many layers are named after the part they are in. */
function parts({ encoder, decoder }: LayerMap): number {
  const starting = (names: readonly string[], prefix: RegExp) =>
    names.filter((name) => prefix.test(name)).length;
  return starting(encoder, /(^|\.)enc/i) + starting(decoder, /(^|\.)dec/i);
}

/** Whether a row passes through the layers in the order of their names. */
function isAscending({ encoder, decoder }: LayerMap, sorted: readonly LinearLayer[]): boolean {
  const order = [...encoder, ...decoder].map((name) =>
    sorted.findIndex((each) => each.name === name)
  );
  return order.every((at, i) => i === 0 || at > order[i - 1]);
}

function noAssignment(what: string, layers: readonly LinearLayer[]): StateDictError {
  const list = layers.map(({ name, inputs, outputs }) => `${name} ${inputs} → ${outputs}`);
  return new StateDictError(`${what} (the layers are ${list.join(", ")})`);
}
