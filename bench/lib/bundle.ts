/** The scoring entry in one file, minified, as an edge host gets it, and as peers come from npm. */

/** The entry as it is in this checkout. */
export const SCORING_ENTRY = new URL("../../src/scoring/mod.ts", import.meta.url);

/** Writes the bundle to a path. @throws TypeError if it cannot be made */
export async function bundleScoring(path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--no-lock", "--minify", "--platform=browser"],
      ...[SCORING_ENTRY.pathname, "-o", path],
    ],
    stdin: "null",
  }).output();
  if (success) return;
  throw new TypeError(`Cannot bundle the scoring entry: ${new TextDecoder().decode(stderr)}`);
}
