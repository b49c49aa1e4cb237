/**
 * The npm package that docs/runtimes.md describes, as `deno task pack` makes it: every entry is there with its types,
 * one scores on Node.js, and bundlers leave out what a program does not use. Oracle of the score: this process, from
 * the sources.
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
  await run(Deno.execPath(), ["task", "--quiet", "pack", tarball], ROOT);
  await Deno.mkdir(modules, { recursive: true });
  await run("tar", ["xzf", tarball, "-C", modules], ROOT);
  await Deno.rename(`${modules}/package`, `${modules}/elbow`);

  for (const path of Object.values(config.exports)) {
    for (const ending of [".js", ".d.ts"]) {
      await Deno.stat(`${modules}/elbow/${path.replace(/\.ts$/, ending)}`);
    }
  }
  // `deno pack` writes a parameter that is taken apart as {}, which tells a reader nothing.
  const nameless = await new Deno.Command("grep", {
    args: ["-rnE", "[(,] ?[{]}[?]?:", "--include=*.d.ts", `${modules}/elbow`],
  }).output();
  assert.equal(new TextDecoder().decode(nameless.stdout), "");

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

  folder.write("package.json", '{ "dependencies": { "@elbow/elbow": "*" } }');
  const bundled = async (program: string) => {
    const args = ["bundle", "--platform=browser", "--minify", "--quiet"];
    const external = ["hono", "valibot", "@valibot/to-json-schema", "fast-png", "fflate"];
    const entry = folder.write("bundled.mjs", program);
    const rest = external.map((name) => `--external=${name}`);
    return await run(Deno.execPath(), [...args, ...rest, entry], folder.at(""));
  };
  const vae = (entry: string) =>
    bundled(`import { TrainedVae } from "${entry}"; console.log(TrainedVae.load);`);
  const [client, alone, ofAll] = [
    await bundled('import { createClient } from "@elbow/elbow/http"; console.log(createClient);'),
    await vae("@elbow/elbow/network"),
    await vae("@elbow/elbow"),
  ];
  assert.doesNotMatch(client, /WebAssembly|from"(hono|valibot)/);
  // Some 1 kB of what both entries share is laid out differently; training alone would be 400 kB.
  assert.ok(ofAll.length < alone.length + 4096, `${ofAll.length} bytes, ${alone.length} alone`);
});
