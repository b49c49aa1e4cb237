/** The report on a trained model that all image experiments share. */
import { activeUnits } from "../../src/trained/calls/active_units.ts";
import type { Matrix } from "../../src/trained/rows/matrix.ts";
import type { VAE } from "../../src/training/vae.ts";
import { rowsOf } from "./images.ts";

/** Means over rows, nats, with their standard errors. */
export interface Figures {
  readonly elbo: number;
  readonly elboError: number;
  /** ln p(x), importance-sampled. */
  readonly logLikelihood: number;
  readonly logLikelihoodError: number;
  /** Dimensions whose posterior mean varies by more than 0.01 over the rows (Burda et al., 2016). */
  readonly activeUnits: number;
}

/** Evaluates in slices, to show progress. */
export async function figuresOf(
  vae: VAE,
  rows: Matrix,
  { samples, seed = 1 }: { readonly samples: number; readonly seed?: number },
): Promise<Figures> {
  const [count] = rows.shape;
  const elbo: number[] = [], logLikelihood: number[] = [];
  const slice = 500;
  for (let first = 0; first < count; first += slice) {
    const some = rowsOf(rows, first, Math.min(count, first + slice));
    const result = await vae.evaluate(some, { samples, seed: seed + first });
    elbo.push(...result.elbo);
    logLikelihood.push(...result.logLikelihood);
    note(`evaluated ${first + some.shape[0]} of ${count}`);
  }
  const { mean } = await vae.encode(rows);
  const [bound, evidence] = [elbo, logLikelihood].map(meanAndError);
  return {
    elbo: bound.mean,
    elboError: bound.error,
    logLikelihood: evidence.mean,
    logLikelihoodError: evidence.error,
    activeUnits: activeUnits(mean),
  };
}

/** One line of the results. */
export function lineOf(name: string, fields: Record<string, string | number>): string {
  const parts = Object.entries(fields).map(([key, value]) =>
    `${key} ${typeof value === "number" && !Number.isInteger(value) ? value.toFixed(3) : value}`
  );
  return `${name}: ${parts.join(", ")}`;
}

/** Writes one line of results, and nothing else, to standard output. */
export function report(name: string, fields: Record<string, string | number>): void {
  console.log(lineOf(name, fields));
}

/** Writes progress to standard error. */
export function note(text: string): void {
  console.error(text);
}

function meanAndError(values: readonly number[]): { mean: number; error: number } {
  const count = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / count;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, error: Math.sqrt(squares / (count - 1) / count) };
}
