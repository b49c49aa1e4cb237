/**
 * Node.js 24 runs the sources themselves: it strips their types. Oracle: the same program in Deno; a model that is
 * trained, saved to a file and loaded by its URL scores the same, to the last bit.
 */
import assert from "node:assert/strict";
import { ROOT } from "../../scripts/lib/tree.ts";
import { testUnless } from "../util/skip.ts";
import { NO_NODE_24 } from "./missing.ts";
import { SERVERS } from "./runtimes.ts";

/** The entries that import no npm package. */
const ENTRIES = [
  "mod.ts",
  "src/trained/mod.ts",
  "src/scoring/mod.ts",
  "src/detection/mod.ts",
  "src/http/csv_rows.ts",
  "src/http/second_look.ts",
];

const PROGRAM = `
import { writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { VAE } from "file://${ROOT}mod.ts";
${ENTRIES.map((entry) => `import "file://${ROOT}${entry}";`).join("\n")}
import { TrainedVae } from "file://${ROOT}src/trained/mod.ts";

const [path] = process.argv.slice(2);
const rows = Array.from({ length: 200 }, (_, i) => [Math.sin(i), Math.cos(i), i % 7]);
const spec = { inputs: 3, encoder: { hidden: [8] }, decoder: { hidden: [8] }, latent: [{ size: 1 }] };
const vae = VAE.create(spec, { seed: 1, determinism: "portable" });
await vae.fit(rows, { epochs: 3, seed: 1 });
writeFileSync(path, vae.save());
const loaded = await TrainedVae.load(pathToFileURL(path), { determinism: "portable" });
console.log(loaded.device.backend, ...await loaded.score(rows));
`;

testUnless(
  NO_NODE_24,
  "Node.js 24 trains, saves, loads and scores by the sources, to the bits of Deno",
  async () => {
    const folder = await Deno.makeTempDir(), program = `${folder}/program.mjs`;
    await Deno.writeTextFile(program, PROGRAM);
    const [byNode, byDeno] = await Promise.all([
      said(SERVERS["node 24"].command, [program, `${folder}/node.safetensors`]),
      said(Deno.execPath(), ["run", "--allow-all", program, `${folder}/deno.safetensors`]),
    ]);
    assert.match(byNode, /^wasm( \d+\.\d+){200}\n$/);
    assert.equal(byNode, byDeno);
    assert.deepEqual(
      await Deno.readFile(`${folder}/node.safetensors`),
      await Deno.readFile(`${folder}/deno.safetensors`),
    );
    await Deno.remove(folder, { recursive: true });
  },
);

/** What a program writes; it may write nothing to standard error. */
async function said(command: string, args: readonly string[]): Promise<string> {
  const output = await new Deno.Command(command, {
    args: [...args],
    stdin: "null",
    env: { NO_COLOR: "1", DENO_NO_UPDATE_CHECK: "1" },
  }).output();
  const [out, error] = [output.stdout, output.stderr].map((bytes) =>
    new TextDecoder().decode(bytes)
  );
  assert.equal(error, "");
  assert.ok(output.success);
  return out;
}
