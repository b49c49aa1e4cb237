/**
 * When a run has gone wrong although every number is finite: its loss lies far above that of the
 * untrained model, over the same rows. A loss may be negative and of any scale, so "far" is ten times
 * the untrained loss, and at least 1,000 nats.
 */

/** Thrown when no learning rate helps: the scale of the data is the usual reason. */
export class DivergenceError extends RangeError {
  /** For messages. */
  override name = "DivergenceError";
}

/** Whether a mean loss is one that training cannot have meant; `untrained` null says nothing. */
export function isDiverged(loss: number, untrained: number | null): boolean {
  if (!Number.isFinite(loss)) return true;
  return untrained !== null && loss > untrained + 10 * (Math.abs(untrained) + 100);
}

/** The error of a run that ends for a reason such as "no epoch ended better than it began". */
export function diverged(reason: string): DivergenceError {
  return new DivergenceError(`Cannot train: ${reason}: check the scale of the data`);
}
