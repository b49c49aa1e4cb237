/** The reference backend as tests open it: with the kernels of training too. */
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
