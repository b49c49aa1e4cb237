/** The file that says who may query models, and who may change them. */
import type { Token } from "../../http/mod.ts";
import { readWhole } from "../files/files.ts";

/** Lines of scopes and a hash; blank lines and lines that start with "#" are ignored. */
export async function readTokens(path: string): Promise<Token[]> {
  const text = new TextDecoder().decode(await readWhole(path));
  return text.split("\n").flatMap((line, i) => {
    if (/^\s*(#|$)/.test(line)) return [];
    const [, scopes, hash] = /^\s*([a-z,]+)\s+([0-9a-f]{64})\s*$/.exec(line) ?? [];
    if (hash !== undefined) return [{ hash, scopes: scopes.split(",") as Token["scopes"] }];
    throw new TypeError(
      `Cannot read ${path}, line ${i + 1}: expected scopes and a SHA-256 of 64 hexadecimal digits`,
    );
  });
}
