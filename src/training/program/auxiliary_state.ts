/**
 * The state segment of a run. It starts at zero, except for the networks that the objective trains in addition to the
 * model, which are initialised from the run's seed like other layers.
 */
import type { Backend, Segment, SyncProgram } from "../../backends/backend.ts";
import type { Layout } from "../../graph/layout.ts";
import type { ParameterSpec } from "../../layers/scope.ts";
import { initialize } from "../../models/initialize.ts";

/** @param auxiliary parameters of these networks; the layout has them by name */
export function allocateState(
  backend: Backend<SyncProgram>,
  layout: Layout,
  auxiliary: readonly ParameterSpec[],
  seed: number,
): Segment {
  const segment = backend.allocate(layout.length);
  for (const [name, values] of initialize(auxiliary, seed)) {
    segment.write(layout.places.get(name)!.offset, values);
  }
  return segment;
}
