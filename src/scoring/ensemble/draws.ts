/**
 * Samples new rows from an ensemble. The networks of the first view, the one with an inverse, take turns, so that
 * every network contributes rows. A decoder may map an unusual latent value far from the data, and the inverse of the
 * view amplifies that, so cells are clamped to the range of the training rows.
 */
import { parametersOf } from "../../models/vae_graph.ts";
import type { SampleOptions } from "../../trained/calls/sampling.ts";
import type { Cells } from "../table/cells.ts";
import { TrainedVae } from "../../trained/trained_vae.ts";
import { unproject } from "../views/view.ts";
import type { EnsembleModel } from "./ensemble.ts";
import { memberPrefix } from "./members.ts";

export class Draws {
  readonly #model: EnsembleModel;
  readonly #vaes: readonly TrainedVae[];
  /** Per column: the outer knots of its curve. Columns without a curve have no entry. */
  readonly #ranges: ReadonlyMap<number, readonly [number, number]>;

  /** @param first the first network, owned by the caller */
  constructor(model: EnsembleModel, first: TrainedVae) {
    this.#model = model;
    const { view, members, spec } = model.parts[0].spec;
    const otherVaes = Array.from({ length: members - 1 }, (_, i) => {
      const values = parametersOf(spec).map(({ name }) =>
        [name, model.parameters.get(memberPrefix(view, i + 1) + name)!] as const
      );
      return new TrainedVae(spec, new Map(values), { ...first.onHost.device, threads: 1 });
    });
    this.#vaes = [first, ...otherVaes];
    this.#ranges = new Map(
      model.parts.flatMap(({ view: { features } }) =>
        features.flatMap(({ column, transform }) =>
          transform.kind === "curve"
            ? [[column, [transform.curve.x[0], transform.curve.x.at(-1)!]] as const]
            : []
        )
      ),
    );
  }

  /** Draws rows `first` to `first + count - 1`. Each depends only on the seed and its index. */
  rows(first: number, count: number, options: SampleOptions): Cells {
    const { columns, parts } = this.#model, members = this.#vaes.length;
    const drawn = this.#vaes.map((vae) => vae.onHost.draw(first, count, options));
    const width = drawn[0].shape[1], data = new Float32Array(count * width);
    for (let r = 0; r < count; r++) {
      const source = drawn[(first + r) % members].data;
      data.set(source.subarray(r * width, (r + 1) * width), r * width);
    }
    const cells = unproject(parts[0].view, { data, shape: [count, width] }, columns);
    for (const [column, [low, high]] of this.#ranges) {
      for (let i = column; i < cells.data.length; i += columns) {
        cells.data[i] = Math.min(high, Math.max(low, cells.data[i]));
      }
    }
    return cells;
  }

  dispose(): void {
    for (const vae of this.#vaes.slice(1)) vae.dispose();
  }
}
