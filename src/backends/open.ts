/** Opens a backend by name. This is the only file that knows which backends exist. */
import type { Backend, BackendName, SyncProgram } from "./backend.ts";
import { openReference } from "./reference/backend.ts";

export type BackendChoice = "auto" | BackendName;

export function openBackend(
  _name: BackendChoice,
  _options: { readonly determinism?: "portable" | "fast" } = {},
): Backend<SyncProgram> {
  return openReference();
}
