/** Parameters by name, as they are read from a model and given to it. */

/** A parameter's values, `[rows, cols]` row-major. */
export interface NamedTensor<Values = Float32Array> {
  /** Rows and columns. */
  readonly shape: readonly [number, number];
  /** Row-major values. */
  readonly data: Values;
}

/** New values of parameters by name; a shape, if there is one, is checked. */
export type NewParameters = ReadonlyMap<
  string,
  { readonly shape?: readonly number[]; readonly data: ArrayLike<number> }
>;

/** The data of every tensor, by name. */
export function valuesOf<Values>(
  tensors: ReadonlyMap<string, { readonly data: Values }>,
): Map<string, Values> {
  return new Map(Array.from(tensors, ([name, { data }]) => [name, data]));
}
