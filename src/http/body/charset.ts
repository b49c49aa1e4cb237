/**
 * The charset of CSV: any that `TextDecoder` knows, by the labels of the Encoding Standard
 * (https://encoding.spec.whatwg.org). All other bodies are UTF-8.
 */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { invalid, Problem } from "../answers/problems.ts";
import type { HeaderLookup } from "../head.ts";
import type { Pacer } from "../pacer.ts";

/** Bytes decoded without a pause. */
const PIECE_BYTES = 1 << 18;

/**
 * A body as UTF-8. A byte order mark of UTF-16 counts more than the header's word.
 * @throws Problem for a charset that is not known, or bytes that are not text in it
 */
export async function recoded<Bytes extends Uint8Array>(
  bytes: Bytes,
  head: HeaderLookup,
  pacer: Pick<Pacer, "yieldIfDue">,
): Promise<Bytes | Uint8Array<ArrayBuffer>> {
  const decoder = decoderOf(head.get("content-type") ?? "");
  if (!decoder) return bytes;
  const isMarked = (bytes[0] === 0xff && bytes[1] === 0xfe) ||
    (bytes[0] === 0xfe && bytes[1] === 0xff);
  if (isMarked && decoder.encoding.startsWith("utf-16")) return bytes;
  const encoder = new TextEncoder(), pieces: Uint8Array[] = [];
  try {
    for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
      const stream = at + PIECE_BYTES < bytes.length;
      pieces.push(encoder.encode(decoder.decode(bytes.subarray(at, at + PIECE_BYTES), { stream })));
      await pacer.yieldIfDue();
    }
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const { encoding } = decoder;
    throw invalid("", `Cannot read body: expected text in ${encoding}, as its header says`);
  }
  return concatBytes(pieces);
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
