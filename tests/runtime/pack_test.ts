/**
 * The npm package that docs/runtimes.md describes, as `deno pack` makes it: every entry is there with its types, and
 * one scores on Node.js. Oracle: the score of this process, from the sources.
 */
import assert from "node:assert/strict";
import config from "../../deno.json" with { type: "json" };
import { ROOT } from "../../scripts/lib/tree.ts";
import { TableScorer } from "../../src/scoring/mod.ts";
import { assertRelative } from "../util/close.ts";
import { Folder } from "../cli/util.ts";
import { modelFiles } from "./models.ts";

const ROWS = [[480, 0.2, -3], [500, 0, 5]];

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(command, { args: [...args], cwd })
    .output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

Deno.test("the packed library has all entries with their types, and scores on Node.js", async () => {
  using folder = new Folder();
  const tarball = folder.at("elbow.tgz"), modules = folder.at("node_modules/@elbow");
  await run(Deno.execPath(), ["pack", "--allow-dirty", "--quiet", "-o", tarball], ROOT);
  await Deno.mkdir(modules, { recursive: true });
  await run("tar", ["xzf", tarball, "-C", modules], ROOT);
  await Deno.rename(`${modules}/package`, `${modules}/elbow`);

  for (const path of Object.values(config.exports)) {
    for (const ending of [".js", ".d.ts"]) {
      await Deno.stat(`${modules}/elbow/${path.replace(/\.ts$/, ending)}`);
    }
  }

  const bytes = Uint8Array.fromBase64((await modelFiles()).table);
  folder.write("model.safetensors", bytes);
  const program = folder.write(
    "score.mjs",
    `import { readFile } from "node:fs/promises";
import { TableScorer } from "@elbow/elbow/score";
const scorer = await TableScorer.load(await readFile("model.safetensors"), { determinism: "portable" });
console.log(JSON.stringify((await scorer.score(${
      JSON.stringify(ROWS)
    })).map(({ score }) => score)));
`,
  );
  const got = JSON.parse(await run("node", [program], folder.at("")));
  const scorer = await TableScorer.load(bytes, { determinism: "portable" });
  const want = (await scorer.score(ROWS)).map(({ score }) => score);
  assertRelative(got, want, 0, 0);
});
