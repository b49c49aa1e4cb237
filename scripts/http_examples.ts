/**
 * Writes the numbers in the examples of docs/http.md anew, as `examples/server.ts` answers now. Run it when
 * `tests/http/docs_test.ts` says that the page differs, and look at what it changes.
 *
 *     deno task docs:http
 */

/** A command, its address and body, and the answer below it. */
export const EXAMPLE =
  /```sh\ncurl -s localhost:8080(\S+)(?: --json '([^']+)')?\n```\n\n```json\n([^`]+)```/g;

/** All numbers of a JSON value, in order. */
export function numbersOf(value: unknown): number[] {
  if (typeof value === "number") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(numbersOf) : [];
}

/** Texts, which are kept, and numbers. */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?/g;

function rounded(value: number): number {
  if (Number.isInteger(value)) return value;
  return Math.abs(value) >= 1000 ? Math.round(value) : Number(value.toPrecision(3));
}

async function rewrite(page: URL): Promise<void> {
  const { app } = await import("../examples/server.ts");
  let text = await Deno.readTextFile(page);
  for (const [example, path, body, answer] of [...text.matchAll(EXAMPLE)]) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const response = await app.request(path, body === undefined ? {} : init);
    const numbers = numbersOf(await response.json()).values();
    const written = answer.replace(
      TOKEN,
      (token) => token.startsWith('"') ? token : `${rounded(numbers.next().value ?? NaN)}`,
    );
    text = text.replace(example, () => example.replace(answer, () => written));
  }
  await Deno.writeTextFile(page, text);
}

if (import.meta.main) await rewrite(new URL("../docs/http.md", import.meta.url));
