/**
 * The programs of examples/runtimes, each started as its header says and asked once. Workers and browsers
 * have theirs from `elbow bundle` (bundle_test.ts).
 */
import assert from "node:assert/strict";
import { TableScorer } from "../../mod.ts";
import { ROOT } from "../../scripts/lib/tree.ts";
import { assertRelative } from "../util/close.ts";
import { testUnless } from "../util/skip.ts";
import { NO_RUNTIMES } from "./missing.ts";
import { modelFiles } from "./models.ts";
import { Bench, SERVERS, startServer } from "./runtimes.ts";

const ROWS = [[480, 0.2, -3], [500, 0, 5]];

testUnless(
  NO_RUNTIMES,
  "the examples for Node.js, Bun, Deno and edge functions serve a detector",
  async () => {
    const bytes = Uint8Array.fromBase64((await modelFiles()).table);
    const want = (await (await TableScorer.load(bytes)).score(ROWS)).map(({ score }) => score);
    await using bench = await Bench.create();
    const { folder } = bench;
    for (const name of ["node", "bun", "deno", "edge"]) {
      await Deno.copyFile(`${ROOT}examples/runtimes/${name}.js`, `${folder}/${name}.js`);
    }
    await bench.write("model.safetensors", bytes);
    await bench.bundle("src/http/mod.ts", "elbow.js");
    await bench.bundle(`${folder}/edge.js`, "edge_script.js", "iife");
    const serve = ["serve", "--no-prompt", "--no-config", "--no-lock", "--allow-read=."];
    const commands: [string, readonly string[]][] = [
      ["node", ["node.js"]],
      [SERVERS.bun.command, ["bun.js"]],
      [Deno.execPath(), [...serve, "--host=127.0.0.1", "--port=0", "deno.js"]],
      ["node", ["edge_example.js"]],
    ];
    for (const [command, args] of commands) {
      await using host = await startServer(command, args, folder, { PORT: "0" });
      const response = await fetch(`${host.origin}/v1/models/model/score`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ rows: ROWS }),
      });
      assert.equal(response.status, 200, args.join(" "));
      const { rows }: { rows: { score: number }[] } = await response.json();
      assertRelative(rows.map(({ score }) => score), want, 1e-5, 1e-5, args.join(" "));
    }
  },
);
