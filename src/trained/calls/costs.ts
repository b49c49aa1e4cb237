/** What a VAE says of rows, column by column: the stuff of scores and blame. */
import type { Matrix } from "../rows/matrix.ts";

/** Rows as the VAE saw them, and what it said. */
export interface Costs {
  /** Standardised; 0 where missing, or what stands there (`completion.ts`). Columns behind those of `cost` are passed over. */
  readonly x: Matrix;
  readonly cost: Matrix;
  readonly kl: Matrix;
}

/** Numbers of many rows, of any precision. */
interface Numbers {
  readonly data: ArrayLike<number>;
  readonly shape: readonly [rows: number, columns: number];
}

/** `Costs`, of any numbers. */
export type RowCosts = Readonly<Record<keyof Costs, Numbers>>;
