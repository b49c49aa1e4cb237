/**
 * Bearer tokens (RFC 6750). The app holds only the SHA-256 of each token. A token that arrives is hashed and compared
 * with every known hash in constant time. Scopes are separate: no scope contains another.
 *
 * Limits: an unsalted hash is safe for unguessable tokens, of 128 random bits or more, but not for passwords.
 */
import { requireChoice, requireObject, show } from "../../core/validate.ts";
import type { HeaderLookup } from "../head.ts";
import { Problem } from "../answers/problems.ts";

/** What a token permits: querying models, training them, or changing what is served. */
export type Scope = "score" | "train" | "admin";

const SCOPES: readonly Scope[] = ["score", "train", "admin"];

/** A token that the app accepts. */
export interface Token {
  /** SHA-256 of the token, 64 hexadecimal digits. */
  readonly hash: string;
  /** What it permits. */
  readonly scopes: readonly Scope[];
}

/** An Authorization header. A longer token is not worth hashing. */
const BEARER = /^bearer +([A-Za-z0-9._~+/-]{1,512}=*)$/i;

/** The tokens that an app accepts. */
export class Tokens {
  readonly #tokens: readonly { readonly hash: Uint8Array; readonly token: Token }[];

  /** @throws TypeError for an invalid hash or an unknown scope */
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
          `Cannot read ${field}: scopes must be a list of at least one, got ${show(scopes)}`,
        );
      }
      scopes.forEach((scope) => requireChoice(`${field}.scopes`, scope, SCOPES));
      return { hash: bytesOf(hash), token: each };
    });
  }

  /** Whether any token has this scope. */
  anyHas(scope: Scope): boolean {
    return this.#tokens.some(({ token }) => token.scopes.includes(scope));
  }

  /** The token that a request carries, if the app accepts it. */
  async find(headers: HeaderLookup): Promise<Token | undefined> {
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

/** Compares two arrays of equal length in constant time. */
export function sameBytes(left: ArrayLike<number>, right: ArrayLike<number>): boolean {
  let difference = 0;
  for (let i = 0; i < left.length; i++) difference |= left[i] ^ right[i];
  return difference === 0;
}

/** 401: no token, or an unknown one. */
export function unauthorized(headers: HeaderLookup): Problem {
  const invalid = headers.has("authorization") ? ', error="invalid_token"' : "";
  return new Problem("unauthorized", "Cannot answer: the request must carry a valid bearer token", {
    headers: { "www-authenticate": `Bearer realm="elbow"${invalid}` },
  });
}

/** 403: the token lacks the scope. */
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
