/** The version of this release, for the command line. */
export { VERSION } from "../core/version.ts";
