/**
 * The charset of a body of CSV: any that `TextDecoder` knows, by the labels of the Encoding Standard
 * (https://encoding.spec.whatwg.org). All other bodies are UTF-8.
 */
import { invalid, Problem } from "../problems.ts";
import type { HeaderLookup } from "../head.ts";

/**
 * A body as UTF-8. A byte order mark of UTF-16 counts more than the header's word.
 * @throws Problem for a charset that is not known, or bytes that are not text in it
 */
export function recoded(bytes: Uint8Array, head: HeaderLookup): Uint8Array {
  const decoder = decoderOf(head.get("content-type") ?? "");
  if (!decoder) return bytes;
  const isMarked = (bytes[0] === 0xff && bytes[1] === 0xfe) ||
    (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isMarked && decoder.encoding.startsWith("utf-16")) return bytes;
  try {
    return new TextEncoder().encode(decoder.decode(bytes));
  } catch {
    const { encoding } = decoder;
    throw invalid("", `Cannot read body: expected text in ${encoding}, as its header says`);
  }
}

/** For the charset that a header names; undefined for UTF-8, and if there is none. */
function decoderOf(contentType: string): TextDecoder | undefined {
  const label = /;\s*charset\s*=\s*"?([^";]*)/i.exec(contentType)?.[1].trim();
  if (label === undefined) return undefined;
  try {
    const decoder = new TextDecoder(label, { fatal: true });
    return decoder.encoding === "utf-8" ? undefined : decoder;
  } catch {
    throw new Problem(
      "unsupported-media-type",
      `Cannot read body: the charset ${JSON.stringify(label.slice(0, 40))} is not known`,
    );
  }
}
