/** The 8 × 8 digits of `tests/data`, as rows of 64 grey values / 16: exact in float32. */

const COLUMNS = 64;

/** The first `count` digits. */
export async function readDigits(count: number): Promise<number[][]> {
  const packed = Deno.readFileSync(new URL("../data/digits.csv.gz", import.meta.url));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const lines = (await new Response(stream).text()).trim().split("\n").slice(0, count);
  return lines.map((line) => line.split(",").slice(0, COLUMNS).map((value) => Number(value) / 16));
}
