/**
 * The internal interface to a model: synchronous calls on rows already checked by `toRows`, always on the host. Users
 * call `TrainedVae`, whose calls check their arguments and may wait for a GPU.
 */
import type { SyncProgram } from "../backends/backend.ts";
import { placeholders } from "../distributions/likelihood.ts";
import type { Layout } from "../graph/layout.ts";
import type { Plan } from "../graph/plan.ts";
import type { ModelSpec } from "../models/spec.ts";
import type { DeviceOptions } from "./device_options.ts";
import type { Engine, Machine } from "./engine.ts";
import { NotFiniteError } from "./finite.ts";
import type { EvaluationOptions } from "./calls/evaluation.ts";
import type { RowEvaluation } from "./calls/row_sums.ts";
import { type Matrix, rowsOf } from "./rows/matrix.ts";
import { whereObserved } from "./rows/observed.ts";
import { capacityOf, sizeFor } from "./calls/map_rows.ts";
import { stepsOf } from "./calls/model_evaluation.ts";
import type { ProgramName, SparseName } from "./programs/programs.ts";
import { drawPairs, type SampleOptions } from "./calls/sampling.ts";
import { SingleScore } from "./calls/single_score.ts";
import { runSync, type Steps } from "./steps.ts";

/** The action that scoring programs name in errors. */
export const SCORING = { action: "score" } as const;

/** What `score` measures, in nats; higher is more anomalous. All methods are deterministic, at z = E[z | x]. */
export type ScoreMethod = "elbo" | "reconstruction" | "kl";

export class OnHost {
  readonly spec: ModelSpec;
  /** Values that replace missing cells. */
  readonly placeholders: Float32Array;
  readonly #engine: Engine<ProgramName>;
  #singleScore?: SingleScore;

  constructor(spec: ModelSpec, engine: Engine<ProgramName>) {
    this.placeholders = placeholders(spec.likelihood, spec.inputs);
    this.spec = spec;
    this.#engine = engine;
  }

  /** The machine, for running other programs on the model's backend, which the model disposes of. */
  get machine(): Machine {
    const { backend, weights } = this.#engine;
    return { backend, weights };
  }

  /** The options that the model was opened with, for other models that stand for it. */
  get device(): DeviceOptions {
    return this.#engine.device;
  }

  /** The layout of the parameters, for plans of other programs. */
  get parameters(): Layout {
    return this.#engine.layout;
  }

  /** Compiles a program over the model's parameters, owned by the caller. */
  compile(plan: Plan): SyncProgram {
    const { backend, segment } = this.#engine;
    return backend.compile(plan, { parameters: segment });
  }

  /** -ln p(x_d | z) per column and KL per latent dimension, nats, at z = E[z | x]. */
  costs(x: Matrix): { cost: Matrix; kl: Matrix } {
    const { cost, kl } = this.#engine.map("score", "x", x, SCORING);
    return { cost, kl };
  }

  /**
   * One score per row, nats. Results are read in place: an array for each output, outside the engine's heap, would cost
   * more than all else around the program.
   * @throws NotFiniteError naming the row
   */
  scores(x: Matrix, method: ScoreMethod): Float64Array {
    const [rows] = x.shape, scores = new Float64Array(rows);
    const program = this.#engine.program("rowScores", sizeFor(rows)),
      capacity = capacityOf(program);
    const reconstruction = program.live("reconstruction"), divergence = program.live("divergence");
    for (let first = 0; first < rows; first += capacity) {
      const count = Math.min(capacity, rows - first);
      program.write("x", rowsOf(x, first, count));
      program.run(count);
      const { elements: costs } = reconstruction, { elements: kls } = divergence;
      for (let r = 0; r < count; r++) {
        const cost = Math.fround(costs[r]), kl = Math.fround(kls[r]), sum = cost + kl;
        // Both parts are checked, whichever is wanted.
        if (!(Math.abs(sum) < Infinity)) {
          throw new NotFiniteError("score", Number.isFinite(cost) ? kl : cost, first + r + 1);
        }
        scores[first + r] = method === "elbo" ? sum : method === "kl" ? kl : cost;
      }
    }
    return scores;
  }

  /** Mean and log-variance of q(z | x), `[rows, L]` each. */
  posterior(x: Matrix): { mean: Matrix; logVar: Matrix } {
    const { mean, logVar } = this.#engine.map("encode", "x", x);
    return { mean, logVar };
  }

  /** E[x | z] at z = E[z | x], `[rows, D]`. */
  reconstruct(x: Matrix): Matrix {
    return this.#engine.map("reconstruct", "x", x).mean;
  }

  /** The outputs of a program for rows with a mask, also of a model that refuses missing cells. */
  sparse(name: SparseName, x: Matrix): Readonly<Record<string, Matrix>> {
    return this.#engine.map(`sparse ${name}`, "x", x, { action: name });
  }

  /** (x_d - E[x_d | z])² per cell, at one draw of z ~ q(z | x) for each row; NaN for missing cells. */
  squaredResiduals(x: Matrix, seed: number): Matrix {
    const { squares } = this.#engine.map("residuals", "x", x, { seed });
    return this.spec.missing ? whereObserved(squares, x) : squares;
  }

  /** Draws `first` to `first + count - 1` of those that `sample` makes, with the conditions for these. */
  draw(first: number, count: number, options: SampleOptions = {}): Matrix {
    return runSync(drawPairs(this.#engine, this.spec, { first, count, ...options })).x;
  }

  evaluate(x: Matrix, options: EvaluationOptions): RowEvaluation {
    return runSync(this.evaluateSteps(x, options));
  }

  /** `evaluate` in steps, for callers that do other work in between. */
  evaluateSteps(x: Matrix, options: EvaluationOptions): Steps<RowEvaluation> {
    return stepsOf(this.#engine, "evaluate", x, options);
  }

  /** Scores one row at a time. */
  singleScore(): SingleScore {
    return this.#singleScore ??= new SingleScore(this.compileSingle("rowScores"));
  }

  /** A program for one row at a time, owned by the caller. */
  compileSingle(name: "score" | "rowScores"): SyncProgram {
    return this.#engine.compile(name, { capacity: 1 }, this.#engine.weights);
  }
}
