/** The examples: the demo gives the same bytes for the same seed, and the short ones check themselves. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { demo } from "../../examples/demo.ts";
import type { Io } from "../../src/cli/io.ts";
import { readTable } from "../../src/formats/mod.ts";
import { Folder } from "../cli/util.ts";

const DATA = fileURLToPath(new URL("../../examples/data/thyroid.csv", import.meta.url));

async function runDemo(folder: Folder, seed: number) {
  let report = "", progress = "";
  const io: Io = {
    stdout: (text) => void (report += text),
    stderr: (text) => void (progress += text),
    stdin: () => Promise.resolve(new Uint8Array()),
    async *stdinPieces() {},
    gpu: () => Promise.reject(new Error("there is none")),
    isTerminal: false,
    columns: 80,
    signal: new AbortController().signal,
  };
  await demo(DATA, folder.at("out"), { robust: true, epochs: 2, hidden: [16], seed }, io);
  return {
    report,
    progress,
    model: Deno.readFileSync(folder.at("out/model.safetensors")),
    scores: Deno.readFileSync(folder.at("out/scores.csv")),
  };
}

Deno.test("the demo reports what it promises, and the same seed gives the same bytes", async () => {
  using folder = new Folder();
  const first = await runDemo(folder, 1);
  const again = await runDemo(folder, 1);
  assert.deepEqual([again.report, again.model, again.scores], [
    first.report,
    first.model,
    first.scores,
  ]);
  assert.notDeepEqual((await runDemo(folder, 2)).model, first.model);
  for (const name of ["ELBO", "  KL", "Active units", "AUROC", "Average precision"]) {
    assert.match(first.report, new RegExp(`^${name} `, "m"));
  }
  const rows = first.report.match(/^ +\d+ +\d+\.\d +0\.\d{4} +(normal|anomaly) {2}x\d \+/gm);
  assert.equal(rows?.length, 10);
  // Of all rows, 2.5 % are anomalies.
  assert.ok(rows.filter((row) => row.includes("anomaly")).length >= 5, rows.join("\n"));
  assert.match(first.report, /Files written\n {2}.*model\.safetensors\n {2}.*scores\.csv\n$/);
  assert.match(first.progress, /network 4\/4 {2}epoch 2\/2/);
});

Deno.test("the demo's table has the rows and anomalies that its README states", () => {
  const table = readTable("thyroid.csv", Deno.readFileSync(DATA), { label: "label" });
  assert.deepEqual(table.columns, ["x0", "x1", "x2", "x3", "x4", "x5"]);
  assert.equal(table.rows, 3772);
  assert.equal(table.label!.reduce((a, b) => a + b), 93);
});

const PROGRAMS: readonly (readonly [name: string, does: string, ...flags: string[]])[] = [
  ["score_rows", "finds its leak"],
  ["related_models", "holds"],
  ["onnx", "says in another program what the detector says", "--allow-read", "--allow-env"],
];
for (const [name, does, ...flags] of PROGRAMS) {
  Deno.test(`examples/${name}.ts ${does}`, async () => {
    const path = fileURLToPath(new URL(`../../examples/${name}.ts`, import.meta.url));
    const { success, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--no-prompt", ...flags, path],
      stdin: "null",
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
  });
}
