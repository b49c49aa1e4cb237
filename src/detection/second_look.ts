/**
 * A second look at rows that were flagged: likelihood regret, nats (`training/scores/regret.ts`),
 *
 *   ELBO(x; q*) - ELBO(x; q(z | x)) ≥ 0,   q* the best Gaussian for the row alone
 *
 * what the encoder leaves of the row's bound. Some hundred passes a row, so that only flagged rows have it. Of an ensemble
 * it is the first network's. Every row takes the same draws and is refined by itself: its regret is its own, wherever it
 * stands. Cells that are missing stand filled in, and count for nothing (`trained/calls/completion.ts`).
 */
import { withObserved } from "../trained/rows/observed.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import { pauser } from "../trained/pauser.ts";
import { costsOf } from "../trained/calls/completion.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import { regret } from "../training/scores/regret.ts";
import { SETTINGS } from "../training/scores/score.ts";
import { VAE } from "../training/vae.ts";
import { takeCells } from "./take_cells.ts";

/** Rows between which events are let in: some tenths of a second. */
const ROWS = 64;

export class SecondLook {
  readonly #scorer: TableScorer;
  /** The network, as one that takes missing cells and that can be differentiated. */
  readonly #vae: VAE;

  /** @throws TypeError for a model of a series */
  constructor(scorer: TableScorer) {
    if (scorer.window !== undefined) {
      throw new TypeError(
        `Cannot look twice: rows must be single rows, got a series, in windows of ${scorer.window}`,
      );
    }
    this.#scorer = scorer;
    const { spec, device } = scorer.vae, { missing = "zero" } = spec;
    const values = [...scorer.vae.parameters()].map(([name, { data }]) => [name, data] as const);
    const backend = device.backend === "reference" ? "reference" : "wasm";
    const determinism = device.determinism === "portable" ? "portable" : "fast";
    this.#vae = new VAE({ ...spec, missing }, new Map(values), { backend, determinism });
  }

  /**
   * The regret of each row that is flagged, NaN for others. Events are let in between.
   * @throws the signal's reason once it is aborted
   */
  async regrets(
    cells: Cells,
    isFlagged: (row: number) => boolean,
    signal?: AbortSignal,
  ): Promise<Float64Array> {
    const regrets = new Float64Array(cells.rows).fill(NaN), pause = pauser(signal);
    const flagged = [...regrets.keys()].filter(isFlagged), width = this.#scorer.columns.length;
    for (let first = 0; first < flagged.length; first += ROWS) {
      const rows = flagged.slice(first, first + ROWS);
      const x = this.#toVae(takeCells(cells, width, rows));
      regret.of(this.#vae.onHost, x, SETTINGS, x).forEach((nats, i) => regrets[rows[i]] = nats);
      await pause();
    }
    return regrets;
  }

  #toVae(cells: Cells): Matrix {
    const { vae } = this.#scorer, standardized = this.#scorer.toVae(cells);
    const { x } = costsOf(vae, standardized);
    if (vae.spec.missing) return x;
    const masked = withObserved(this.#vae.spec, standardized), [rows, width] = x.shape;
    for (let r = 0; r < rows; r++) {
      masked.data.set(x.data.subarray(r * width, (r + 1) * width), r * masked.shape[1]);
    }
    return masked;
  }

  /** Gives back its memory; the scorer's stays. */
  dispose(): void {
    this.#vae.dispose();
  }
}
