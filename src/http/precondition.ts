/**
 * What a request asks of the version that is served now (RFC 9110, 13.1): `If-Match` and `If-None-Match`, by
 * digest or `*`. An entity tag is a digest in quotes; a weak one, `W/"…"`, matches only where nothing is changed.
 */
import type { HeadersRead } from "./head.ts";

/** Asks for or against one of these tags; `*` is any version at all. */
export interface Precondition {
  readonly match?: readonly string[];
  readonly noneMatch?: readonly string[];
}

/** `If-None-Match` is for requests without `If-Match`: where both are given, both must hold. */
export function preconditionOf(head: HeadersRead): Precondition {
  const match = head.get("if-match"), noneMatch = head.get("if-none-match");
  return {
    ...(match !== null && { match: tagsOf(match) }),
    ...(noneMatch !== null && { noneMatch: tagsOf(noneMatch) }),
  };
}

/** @param digest of the version served now; nothing where there is none */
export function holds({ match, noneMatch }: Precondition, digest: string | undefined): boolean {
  const names = (tags: readonly string[], tag: string) => tags.includes("*") || tags.includes(tag);
  if (match && !(digest !== undefined && names(match, `"${digest}"`))) return false;
  return !noneMatch || digest === undefined ||
    !names(noneMatch.map((tag) => tag.replace(/^W\//, "")), `"${digest}"`);
}

const tagsOf = (list: string) => list.split(",").map((tag) => tag.trim());
