/** What is served on every runtime: the same models, tokens and limits. */
import type { AppOptions } from "../../src/http/mod.ts";

export interface Subject {
  /** Model files by name, base64. */
  readonly files: Readonly<Record<string, string>>;
  readonly determinism: "portable" | "fast";
}

/** The tokens of the corpus: the first may score; the second is valid and may not. */
export const TOKEN = "corpus-token";
export const TRAIN_TOKEN = "corpus-train-token";

/** SHA-256 of the tokens; limits that a small request can reach. */
export const OPTIONS: Omit<AppOptions, "models"> = {
  tokens: [
    { hash: "673de073b98d8da93d12e1e89870a91d555135c0dddc504f5122c743678fcc04", scopes: ["score"] },
    { hash: "0336823905bd98cebf601edaa3c6188b1436075f85f02d2e45836965e7581044", scopes: ["train"] },
  ],
  maxRows: 300,
  maxBodyBytes: 65_536,
};
