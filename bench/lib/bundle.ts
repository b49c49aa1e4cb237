/** The entry points for scoring in one minified file each, as on an edge host, and as peers come from npm. */

/** The entry points in this checkout. */
export const ENTRIES = {
  networks: new URL("../../src/trained/mod.ts", import.meta.url),
  tables: new URL("../../src/scoring/mod.ts", import.meta.url),
} as const;

/** Writes the bundle of an entry to a path. @throws TypeError if it cannot be made */
export async function bundleEntry(entry: keyof typeof ENTRIES, path: string): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--no-lock", "--minify", "--platform=browser"],
      ...[ENTRIES[entry].pathname, "-o", path],
    ],
    stdin: "null",
  }).output();
  if (success) return;
  throw new TypeError(
    `Cannot bundle the entry for ${entry}: ${new TextDecoder().decode(stderr)}`,
  );
}
