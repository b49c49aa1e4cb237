/** File extensions of tables, apart from their readers for code that only checks a file's name. */

/** Extensions that `readTable` reads. */
export const TABLE_EXTENSIONS = [
  ".csv",
  ".tsv",
  ".npy",
  ".npz",
  ".jsonl",
  ".ndjson",
  ".json",
] as const;

/** One of them. */
export type TableExtension = typeof TABLE_EXTENSIONS[number];

/** Extensions that `readAnyTable` reads. */
export const ANY_EXTENSIONS: readonly string[] = [...TABLE_EXTENSIONS, ".parquet"];
