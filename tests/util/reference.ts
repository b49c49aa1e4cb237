/** The reference backend for tests: with the kernels for training. */
import type { Backend } from "../../src/backends/backend.ts";
import {
  openReference as open,
  type ReferenceProgram,
} from "../../src/backends/reference/backend.ts";
import { KERNELS } from "../../src/backends/reference/kernels/table.ts";

/** All kernels. */
export function openReference(): Backend<ReferenceProgram> {
  return open(KERNELS);
}
