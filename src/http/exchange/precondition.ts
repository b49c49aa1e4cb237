/**
 * Preconditions on the version served now (RFC 9110, 13.1): `If-Match` and `If-None-Match`, by digest or `*`. An entity
 * tag is a digest in quotes; a weak tag, `W/"…"`, matches only in `If-None-Match`.
 */
import type { HeaderLookup } from "../head.ts";

/** Tags of which one must match, and tags of which none may; `*` is any version at all. */
export interface Precondition {
  readonly match?: readonly string[];
  readonly noneMatch?: readonly string[];
}

/** `If-None-Match` is meant for requests without `If-Match`; if both are given, both must hold. */
export function preconditionOf(head: HeaderLookup): Precondition {
  const match = head.get("if-match"), noneMatch = head.get("if-none-match");
  return {
    ...(match !== null && { match: tagsOf(match) }),
    ...(noneMatch !== null && { noneMatch: tagsOf(noneMatch) }),
  };
}

/** @param digest of the version served now; undefined if there is none */
export function holds({ match, noneMatch }: Precondition, digest: string | undefined): boolean {
  const names = (tags: readonly string[], tag: string) => tags.includes("*") || tags.includes(tag);
  if (match && !(digest !== undefined && names(match, `"${digest}"`))) return false;
  return !noneMatch || digest === undefined ||
    !names(noneMatch.map((tag) => tag.replace(/^W\//, "")), `"${digest}"`);
}

const tagsOf = (list: string) => list.split(",").map((tag) => tag.trim());
