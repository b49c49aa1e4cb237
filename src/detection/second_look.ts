/**
 * A second look at flagged rows: the likelihood regret, in nats (`training/scores/regret.ts`),
 *
 *   ELBO(x; q*) - ELBO(x; q(z | x)) ≥ 0,   q* the best Gaussian for the row alone
 *
 * which is how much the encoder falls short of the row's best bound. It takes some hundred passes per row, so only
 * flagged rows get it. For an ensemble it is the regret of the first network. All rows use the same random draws and
 * are refined separately, so a row's regret does not depend on the other rows. Missing cells are filled in and do not
 * contribute (`trained/calls/completion.ts`).
 */
import { withObserved } from "../trained/rows/observed.ts";
import { valuesOf } from "../trained/named_tensor.ts";
import type { Matrix } from "../trained/rows/matrix.ts";
import { withPauses } from "../trained/pauser.ts";
import { runWithPauses, type Steps } from "../trained/steps.ts";
import { costsOf } from "../trained/calls/completion.ts";
import type { Cells } from "../scoring/table/cells.ts";
import type { TableScorer } from "../scoring/table_scorer.ts";
import { regretSteps } from "../training/scores/regret.ts";
import { SETTINGS } from "../training/scores/score.ts";
import { VAE } from "../training/vae.ts";
import { takeCells } from "../scoring/table/take_cells.ts";

/** Rows that share a compiled program. */
const ROWS = 64;

export class SecondLook {
  readonly #scorer: TableScorer;
  /** The network, in a form that accepts missing cells and is differentiable. */
  readonly #vae: VAE;

  /** @throws TypeError for a model of a series */
  constructor(scorer: TableScorer) {
    if (scorer.window !== undefined) {
      throw new TypeError(
        `Cannot take a second look: the model scores a series, in windows of ${scorer.window} steps, and only windows have a regret (method "regret" gives each step the mean of its windows)`,
      );
    }
    this.#scorer = scorer;
    const { spec, onHost } = scorer.vae, { missing = "zero" } = spec;
    const values = valuesOf(scorer.vae.parameters());
    // The same backend: where kernels of training cannot be compiled, "auto" would take the slow reference.
    const backend = onHost.machine.backend.name;
    this.#vae = new VAE({ ...spec, missing }, values, { ...onHost.device, backend, threads: 1 });
  }

  /**
   * The regret of each flagged row, NaN for others. Pauses for events in between.
   * @throws the signal's reason once it is aborted
   */
  async regrets(
    cells: Cells,
    isFlagged: (row: number) => boolean,
    signal?: AbortSignal,
  ): Promise<Float64Array> {
    const steps = this.steps(cells, isFlagged);
    return await withPauses(signal, (pause) => runWithPauses(steps, pause));
  }

  /** `regrets` in steps of one run each, between which the caller may do other work. */
  *steps(cells: Cells, isFlagged: (row: number) => boolean): Steps<Float64Array> {
    const regrets = new Float64Array(cells.rows).fill(NaN);
    const flagged = [...regrets.keys()].filter(isFlagged), width = this.#scorer.columns.length;
    for (let first = 0; first < flagged.length; first += ROWS) {
      const rows = flagged.slice(first, first + ROWS);
      const x = this.#toVae(takeCells(cells, width, rows));
      const found = yield* regretSteps(this.#vae.onHost, x, SETTINGS);
      found.forEach((nats, i) => regrets[rows[i]] = nats);
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

  /** Frees its own memory, not the scorer's. */
  dispose(): void {
    this.#vae.dispose();
  }
}

/** Options of `score`. */
export interface ScoreOptions {
  /** Whether flagged rows get a second look, which takes some hundred passes per row. Default: false. */
  readonly secondLook?: boolean;
}

/** @throws TypeError for unknown options, such as a false-alarm rate */
export function requireScoreOptions(options: ScoreOptions): ScoreOptions {
  const isObject = typeof options === "object" && options !== null;
  const { secondLook = false } = isObject ? options : {};
  const isKnown = isObject && Object.keys(options).every((key) => key === "secondLook");
  if (isKnown && typeof secondLook === "boolean") return options;
  throw new TypeError(
    `Cannot score: options must be { secondLook: true } or none (setFalseAlarmRate() sets the rate, decide() takes other rules), got ${
      JSON.stringify(options)
    }`,
  );
}
