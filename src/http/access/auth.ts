/**
 * Bearer tokens (RFC 6750). The app knows SHA-256 of each, never the token; a token that arrives is
 * hashed and compared with all of them in a time that depends on none. Scopes are separate: no scope
 * contains another.
 *
 * Limits: a hash without salt is safe for tokens that nobody can guess, of 128 random bits or more,
 * and not for passwords.
 */
import { requireChoice, requireObject, show } from "../../core/validate.ts";
import type { HeadersRead } from "../head.ts";
import { Problem } from "../problems.ts";

/** What a token opens: asking models, training them, changing what is served. */
export type Scope = "score" | "train" | "admin";

const SCOPES: readonly Scope[] = ["score", "train", "admin"];

/** A token that the app accepts. */
export interface Token {
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly hash: string;
  /** What it opens. */
  readonly scopes: readonly Scope[];
}

/** Characters of a token: more are not worth hashing. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

/** The tokens of an app. */
export class Tokens {
  readonly #tokens: readonly { readonly hash: Uint8Array; readonly token: Token }[];

  /** @throws TypeError for a hash that is none, or an unknown scope */
  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens.map((each, i) => {
      const field = `tokens[${i}]`;
      const { hash, scopes } = requireObject(field, each, ["hash", "scopes"]);
      if (typeof hash !== "string" || !/^[0-9a-f]{64}$/.test(hash)) {
        throw new TypeError(
          `Cannot read ${field}: hash must be 64 hexadecimal digits, in lower case`,
        );
      }
      if (!Array.isArray(scopes) || scopes.length === 0) {
        throw new TypeError(
          `Cannot read ${field}: scopes must be a list of at least one: current value is ${
            show(scopes)
          }`,
        );
      }
      scopes.forEach((scope) => requireChoice(`${field}.scopes`, scope, SCOPES));
      return { hash: bytesOf(hash), token: each };
    });
  }

  /** Whether any token opens this. */
  open(scope: Scope): boolean {
    return this.#tokens.some(({ token }) => token.scopes.includes(scope));
  }

  /** The token of a request, if it is one of these. */
  async find(headers: HeadersRead): Promise<Token | undefined> {
    const [, text] = BEARER.exec(headers.get("authorization") ?? "") ?? [];
    if (text === undefined) return undefined;
    const given = new Uint8Array(
      await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)),
    );
    let found: Token | undefined;
    for (const { hash, token } of this.#tokens) {
      if (sameBytes(given, hash)) found = token;
    }
    return found;
  }
}

/** Whether all bytes are equal; reads all of them, wherever they differ. Of one length. */
export function sameBytes(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i];
  return difference === 0;
}

/** 401: no token, or none that is known. */
export function unauthorized(headers: HeadersRead): Problem {
  const invalid = headers.has("authorization") ? ', error="invalid_token"' : "";
  return new Problem("unauthorized", "Cannot answer: the request must carry a valid bearer token", {
    headers: { "www-authenticate": `Bearer realm="elbow"${invalid}` },
  });
}

/** 403: a token for other things. */
export function forbidden(scope: Scope): Problem {
  return new Problem("forbidden", `Cannot answer: the token must have the scope "${scope}"`, {
    headers: {
      "www-authenticate": `Bearer realm="elbow", error="insufficient_scope", scope="${scope}"`,
    },
  });
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(
    { length: hex.length / 2 },
    (_, i) => parseInt(hex.slice(2 * i, 2 * i + 2), 16),
  );
}
