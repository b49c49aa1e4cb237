/** The entries for scoring in one file each, minified, as an edge host gets them, and as peers come from npm. */

/** A checkout, as a URL that ends in a slash: this one. */
export const OWN_ROOT = new URL("../../", import.meta.url);

const ENTRIES = { networks: "src/trained/mod.ts", tables: "src/scoring/mod.ts" } as const;

/** The entry for networks alone, or the one for tables too. */
export type Entry = keyof typeof ENTRIES;

/** Where an entry is in a checkout. */
export function entryUrl(entry: Entry, root: URL = OWN_ROOT): URL {
  return new URL(ENTRIES[entry], root);
}

/** Writes the bundle of an entry to a path. @throws TypeError if it cannot be made */
export async function bundleEntry(entry: Entry, path: string, root?: URL): Promise<void> {
  const { success, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["bundle", "--quiet", "--no-lock", "--minify", "--platform=browser"],
      ...[entryUrl(entry, root).pathname, "-o", path],
    ],
    stdin: "null",
  }).output();
  if (success) return;
  throw new TypeError(
    `Cannot bundle the entry for ${entry}: ${new TextDecoder().decode(stderr)}`,
  );
}
