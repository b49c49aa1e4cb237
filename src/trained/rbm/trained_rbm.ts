/**
 * A restricted Boltzmann machine with fixed parameters: everything that does not need derivatives.
 * `training/rbm/rbm.ts` adds fitting.
 */
import { openBackend } from "../../backends/open.ts";
import { splitSeed } from "../../core/random/philox.ts";
import { requireNumber } from "../../core/validate.ts";
import { parseRbmSpec, rbmParameters, type RbmSpec } from "../../models/rbm.ts";
import type { DeviceOptions } from "../device_options.ts";
import { Engine } from "../engine.ts";
import type { NamedTensor, NewParameters } from "../named_tensor.ts";
import { BULK_ROWS } from "../calls/map_rows.ts";
import { parameterTensors, parameterValues } from "../file/file_contents.ts";
import type { Matrix, Rows } from "../rows/matrix.ts";
import {
  asModelFileError,
  type ModelFile,
  requireKind,
  writeModelFile,
} from "../file/model_file.ts";
import { withPauses } from "../pauser.ts";
import { loadModelFile } from "../trained_vae.ts";
import { energiesOf, type RbmEngine, unitRows } from "./energies.ts";
import {
  annealedPartition,
  baseRates,
  exactPartition,
  MAX_ENUMERATED,
  type Partition,
} from "./partition.ts";
import {
  parsePartition,
  parseSampling,
  type PartitionOptions,
  type RbmSampleOptions,
} from "./rbm_options.ts";
import { rbmArchitecture } from "./rbm_programs.ts";

export type { PartitionOptions, RbmSampleOptions } from "./rbm_options.ts";

/** A Boltzmann machine with fixed parameters: scores, samples, and computes likelihoods. */
export class TrainedRbm {
  /** Numbers of units of the two layers. */
  readonly spec: RbmSpec;
  /** @internal */
  protected readonly engine: RbmEngine;

  /**
   * Creates a machine with given parameter values; usually called through `Rbm.create` or `load`.
   * @throws DOMException for a GPU, which is not supported
   */
  constructor(
    spec: RbmSpec,
    values: ReadonlyMap<string, ArrayLike<number>>,
    device: DeviceOptions = {},
  ) {
    if (device.backend === "webgpu") {
      throw new DOMException(
        'Cannot use backend "webgpu": a Boltzmann machine runs on the host: use "auto" or "wasm"',
        "NotSupportedError",
      );
    }
    this.spec = spec;
    this.engine = new Engine(rbmArchitecture(spec), values, device, openBackend);
  }

  /** Loads a machine from the bytes or the URL of its file. */
  static async load(
    source: Uint8Array | ArrayBuffer | URL,
    device: DeviceOptions = {},
  ): Promise<TrainedRbm> {
    return new this(...await loadRbm(source), device);
  }

  /** The backend in use. */
  get device(): { readonly backend: string; readonly [detail: string]: unknown } {
    return { backend: this.engine.backend.name, ...this.engine.backend.details };
  }

  /** A copy of every parameter, by name: weight `[D, H]`, visible.bias, hidden.bias. */
  parameters(): Map<string, NamedTensor> {
    return this.engine.parameters();
  }

  /**
   * Replaces parameters; those not named are unchanged.
   * @throws TypeError or RangeError for an unknown name, a wrong shape or a value that is not finite
   */
  setParameters(values: NewParameters): void {
    this.engine.setParameters(values);
  }

  /** F(x) = -ln p(x) - ln Z per row, nats. */
  async freeEnergy(x: Rows): Promise<Float64Array> {
    return energiesOf(this.engine, "visible", this.rows(x));
  }

  /** One score per row, nats; higher is more anomalous: the free energy, which orders rows like -ln p(x). */
  score(x: Rows): Promise<Float64Array> {
    return this.freeEnergy(x);
  }

  /** p(h = 1 | x), `[rows, H]`. */
  async encode(x: Rows): Promise<Matrix> {
    return this.engine.map("encode", "x", this.rows(x)).mean;
  }

  /** p(v = 1 | h), `[rows, D]`, for h `[rows, H]`. */
  async decode(h: Rows): Promise<Matrix> {
    return this.engine.map("decode", "h", unitRows(h, this.spec.hidden)).mean;
  }

  /** p(v = 1 | h) at h = p(h = 1 | x), `[rows, D]`. */
  async reconstruct(x: Rows): Promise<Matrix> {
    return this.engine.map("reconstruct", "x", this.rows(x)).mean;
  }

  /** `count` draws, `[count, D]`, each the end of its own chain. Draw i depends on the seed and i. */
  async sample(count: number, options: RbmSampleOptions = {}): Promise<Matrix> {
    const { seed, sweeps, start, mean, signal } = parseSampling(options);
    requireNumber("count", count, { min: 1, max: 1e7, integer: true });
    const { visible } = this.spec;
    const data = start
      ? this.rows(start).data.slice()
      : new Float32Array(count * visible).fill(0.5);
    if (data.length !== count * visible) {
      throw new RangeError(
        `Cannot sample: start must have ${count} rows, got ${data.length / visible}`,
      );
    }
    const program = this.engine.compile("gibbs", { capacity: BULK_ROWS });
    try {
      await withPauses(signal, async (pause) => {
        for (let first = 0; first < count; first += BULK_ROWS) {
          const rows = Math.min(BULK_ROWS, count - first);
          const chunk = data.subarray(first * visible, (first + rows) * visible);
          for (let sweep = 0; sweep < sweeps; sweep++) {
            program.write("x", chunk);
            program.write("key", [...splitSeed(seed), sweep, first]);
            program.run(rows);
            program.read("draw", chunk);
            await pause();
          }
          if (mean) program.read("mean", chunk);
        }
      });
    } finally {
      program.dispose();
    }
    return { data, shape: [count, visible] };
  }

  /**
   * ln Z: exact if the smaller layer has at most 20 units, otherwise by annealing.
   * @throws RangeError if "exact" is requested for larger layers; the signal's reason if it is aborted
   */
  async logPartition(options: PartitionOptions = {}): Promise<Partition> {
    const { method, chains, temperatures, base, seed, signal } = parsePartition(options);
    const { visible, hidden } = this.spec, units = Math.min(visible, hidden);
    signal?.throwIfAborted();
    if (method === "exact" || (method === "auto" && units <= MAX_ENUMERATED)) {
      if (units > MAX_ENUMERATED) {
        throw new RangeError(
          `Cannot enumerate: the smaller layer must have at most ${MAX_ENUMERATED} units, got ${units}`,
        );
      }
      return await withPauses(signal, (pause) => exactPartition(this.engine, this.spec, pause));
    }
    const logOdds = base ? baseRates(this.rows(base)) : new Float32Array(visible);
    const annealing = { chains, temperatures, seed, base: logOdds };
    return await withPauses(
      signal,
      (pause) => annealedPartition(this.engine, this.spec, annealing, pause),
    );
  }

  /** ln p(x) = -F(x) - ln Z per row, nats, for rows of zeros and ones; as accurate as ln Z. */
  async logLikelihood(x: Rows, options: PartitionOptions = {}): Promise<Float64Array> {
    const { logPartition } = await this.logPartition(options);
    return (await this.freeEnergy(x)).map((energy) => -energy - logPartition);
  }

  /** The model file. */
  save(): Uint8Array {
    const tensors = parameterTensors(this.parameters());
    return writeModelFile({ kind: "rbm", metadata: { spec: this.spec }, tensors });
  }

  /** Frees the memory; the machine must not be used afterwards. */
  dispose(): void {
    this.engine.dispose();
  }

  /**
   * Checks rows of data.
   * @internal
   */
  protected rows(x: Rows): Matrix {
    return unitRows(x, this.spec.visible);
  }
}

/** Spec and parameter values of an RBM, from the bytes or the URL of its file. */
export async function loadRbm(
  source: Uint8Array | ArrayBuffer | URL,
): Promise<[RbmSpec, Map<string, Float32Array>]> {
  return rbmFromFile(await loadModelFile(source));
}

/** Spec and parameter values of an RBM's file. */
export function rbmFromFile(file: ModelFile): [RbmSpec, Map<string, Float32Array>] {
  requireKind(file, ["rbm"]);
  const spec = asModelFileError(() => parseRbmSpec(file.metadata.spec));
  return [spec, parameterValues(file, rbmParameters(spec))];
}
