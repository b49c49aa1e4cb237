/**
 * The segment of a run's state. It begins at zero, except for the networks that the objective trains beside the model:
 * they are initialised as layers are, from the run's seed.
 */
import type { Backend, Segment, SyncProgram } from "../../backends/backend.ts";
import type { Layout } from "../../graph/layout.ts";
import type { ParameterSpec } from "../../layers/scope.ts";
import { initialize } from "../../models/initialize.ts";

/** @param auxiliary places of which the layout has, under their names */
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
