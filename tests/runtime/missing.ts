/** The reasons why tests of runtimes cannot run on this machine, if they cannot. */
import { ROOT } from "../../scripts/lib/tree.ts";
import { RUNTIMES } from "../../scripts/setup.ts";
import { SERVERS } from "./runtimes.ts";

export const NO_RUNTIMES = await isThere(`${ROOT}${RUNTIMES}/node_modules/.package-lock.json`)
  ? undefined
  : "the runtimes are not installed: deno task test installs them";

export const NO_NODE_24 = await isThere(SERVERS["node 24"].command)
  ? undefined
  : NO_RUNTIMES ?? "npm has no Node.js 24 for this machine";

export const NO_BROWSER = await isThere("/usr/bin/chromium") ? undefined : "Chromium is not there";

function isThere(path: string): Promise<boolean> {
  return Deno.stat(path).then(() => true, () => false);
}
