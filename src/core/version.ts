/** The version of this release; a test checks that deno.json has the same. */
export const VERSION = "0.1.0";
