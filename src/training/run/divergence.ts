/**
 * Detects a diverged run whose numbers are all finite: its loss is far above that of the untrained model on the same
 * rows. A loss may be negative and of any scale, so "far" means ten times the magnitude of the untrained loss, and at
 * least 1,000 nats.
 */

/** Thrown if no learning rate helps; the usual cause is the scale of the data. */
export class DivergenceError extends RangeError {
  /** For messages. */
  override name = "DivergenceError";
}

/** Whether a mean loss shows that training has diverged; if `untrained` is null, only a non-finite loss does. */
export function isDiverged(loss: number, untrained: number | null): boolean {
  if (!Number.isFinite(loss)) return true;
  return untrained !== null && loss > untrained + 10 * (Math.abs(untrained) + 100);
}

/** The error of a run that ends for a reason such as "no epoch ended better than it began". */
export function diverged(reason: string): DivergenceError {
  return new DivergenceError(`Cannot train: ${reason}: check the scale of the data`);
}
