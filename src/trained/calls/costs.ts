/** The costs of rows under a VAE, by column: the basis of scores and blame. */
import type { Matrix } from "../rows/matrix.ts";

/** Rows as the VAE saw them, and their costs. */
export interface Costs {
  /** Standardised; missing cells are 0, or filled in (`completion.ts`). Columns after those of `cost` are ignored. */
  readonly x: Matrix;
  readonly cost: Matrix;
  readonly kl: Matrix;
}

/** A matrix of any precision. */
interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly [rows: number, columns: number];
}

/** `Costs`, of any precision. */
export type RowCosts = Readonly<Record<keyof Costs, Numbers>>;
