/** The media type of a body (RFC 9110, 8.3), and what it may not be: compressed, or text that is not UTF-8. */
import type { HeaderLookup } from "../head.ts";
import { Problem } from "../answers/problems.ts";

/**
 * The media type of the body, in lower case, without parameters.
 * @param defaultType the type to assume if the headers name none
 * @param anyCharset the types whose text may be in any charset
 * @throws Problem unless it is one of `types`, in UTF-8 if it names a charset, and not compressed
 */
export function requireType(
  headers: HeaderLookup,
  types: readonly string[],
  defaultType = "",
  anyCharset: readonly string[] = [],
): string {
  const encoding = headers.get("content-encoding"),
    given = headers.get("content-type") ?? defaultType;
  // Nearly all bodies arrive like this: there is nothing to parse.
  if (encoding === null && types.includes(given)) return given;
  if (encoding !== null && encoding.trim().toLowerCase() !== "identity") {
    throw new Problem("unsupported-media-type", "Cannot read body: must not be compressed");
  }
  const [type, ...parameters] = given.toLowerCase().split(";").map((each) => each.trim());
  const charset = parameters.find((each) => each.startsWith("charset="));
  const isUtf8 = charset === undefined || /^charset="?utf-?8"?$/.test(charset) ||
    anyCharset.includes(type);
  if (types.includes(type) && isUtf8) return type;
  const expected = isUtf8
    ? `content-type must be ${types.join(" or ")}`
    : "its text must be in UTF-8";
  throw new Problem("unsupported-media-type", `Cannot read body: ${expected}`, {
    headers: { accept: types.join(", ") },
  });
}

/** Whether CSV starts with a header line, by the parameter of the media type (RFC 4180, 3). */
export function hasHeaderLine(headers: HeaderLookup): boolean {
  return !/;\s*header\s*=\s*"?absent\b/i.test(headers.get("content-type") ?? "");
}
