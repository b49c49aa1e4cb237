/**
 * The programs of examples/runtimes and the page of examples/csv_page, each started as its header says and queried
 * once. bundle_test.ts tests what `elbow bundle` writes for workers and browsers.
 */
import assert from "node:assert/strict";
import { Buffer } from "node:buffer";
import { TableScorer } from "../../mod.ts";
import { ROOT } from "../../scripts/lib/tree.ts";
import { assertRelative } from "../util/close.ts";
import { kernelFile } from "../../src/cli/bundle/library.ts";
import { testUnless } from "../util/skip.ts";
import { Browser, serveFolder } from "./browser.ts";
import { NO_BROWSER, NO_RUNTIMES } from "./missing.ts";
import { modelFiles } from "./models.ts";
import { SERVERS, startServer, workerdConfig, Workspace } from "./runtimes.ts";
import { gzipped } from "../util/gzip.ts";

const ROWS = [[480, 0.2, -3], [500, 0, 5]];

testUnless(
  NO_RUNTIMES,
  "the examples for Node.js, Bun, Deno, edge functions and Workers serve a detector",
  async () => {
    const bytes = Uint8Array.fromBase64((await modelFiles()).table);
    const want = (await (await TableScorer.load(bytes)).score(ROWS)).map(({ score }) => score);
    await using workspace = await Workspace.create();
    const { folder } = workspace;
    for (const name of ["node", "bun", "deno", "edge"]) {
      await Deno.copyFile(`${ROOT}examples/runtimes/${name}.js`, `${folder}/${name}.js`);
    }
    await workspace.write("model.safetensors", bytes);
    await workspace.write("kernels.wasm", kernelFile());
    // As in `elbow bundle`: the library for Workers, which gets this name in the bundle before the others' library.
    const worker = { "worker.js": "example.js", "elbow.js": "worker_elbow.js" };
    await Deno.copyFile(`${ROOT}examples/runtimes/worker.js`, `${folder}/example.js`);
    await Deno.copyFile(`${folder}/elbow.js`, `${folder}/worker_elbow.js`);
    const modules = ["kernels.wasm", "model.safetensors"].map((name) => [name, name]);
    const config = workerdConfig({ ...worker, ...Object.fromEntries(modules) }, "2025-01-01");
    await workspace.write("example.capnp", config);
    await workspace.bundle("src/http/mod.ts", "elbow.js");
    await workspace.bundle(`${folder}/edge.js`, "edge_script.js", "iife");
    const serve = ["serve", "--no-prompt", "--no-config", "--no-lock", "--allow-read=."];
    const commands: [string, readonly string[]][] = [
      ["node", ["node.js"]],
      [SERVERS.bun.command, ["bun.js"]],
      [Deno.execPath(), [...serve, "--host=127.0.0.1", "--port=0", "deno.js"]],
      ["node", ["edge_example.js"]],
      [SERVERS.workerd.command, ["serve", "--control-fd=1", "example.capnp"]],
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

testUnless(NO_BROWSER, "the example for browsers trains and scores in a Worker", async () => {
  await using workspace = await Workspace.create();
  for (const name of ["page.html", "page_worker.js"]) {
    await Deno.copyFile(`${ROOT}examples/runtimes/${name}`, `${workspace.folder}/${name}`);
  }
  await workspace.bundle("mod.ts", "elbow.js");
  await using site = serveFolder(workspace.folder);
  await using browser = await Browser.open();
  const page = await browser.page(`${site.origin}/page.html`);
  await page.waitForSelector("#verdicts li:nth-child(2)");
  const [usual, leak] = await page.$$eval("li", (lines) => lines.map((each) => each.textContent));
  assert.match(await page.textContent("#state") ?? "", /^trained: flags rows above \d+\.\d nats$/);
  // The second row is the first with two thirds of its flow.
  assert.match(usual ?? "", /^-?\d+\.\d nats$/);
  assert.match(leak ?? "", /^\d+\.\d nats, an anomaly: flow$/);
  assert.deepEqual(browser.complaints, []);
});

testUnless(
  NO_BROWSER,
  "the page for a file shows its strangest rows, compressed or not",
  async () => {
    await using workspace = await Workspace.create();
    await Deno.copyFile(`${ROOT}examples/csv_page/page.html`, `${workspace.folder}/page.html`);
    await workspace.bundle("examples/csv_page/worker.ts", "worker.js");
    await using site = serveFolder(workspace.folder);
    await using browser = await Browser.open();
    const page = await browser.page(`${site.origin}/page.html`);
    const rows = Array.from({ length: 300 }, (_, i) => `${Math.sin(i)};${Math.cos(i)}`);
    const text = ["north;east", ...rows.with(41, "7;-7")].join("\n").replaceAll(".", ",");
    const csv = new TextEncoder().encode(text);
    const files = { "wind.csv": csv, "again.csv.gz": await gzipped(csv) };
    for (const [name, bytes] of Object.entries(files)) {
      await page.setInputFiles("input", { name, mimeType: "", buffer: Buffer.from(bytes) });
      await page.waitForFunction("document.querySelector('#state').textContent.startsWith('the')");
      assert.equal(await page.textContent("#state"), "the strangest of 300 rows");
      assert.match(await page.textContent("li") ?? "", /^row 42, p = 0\.0\d+: (north|east)/, name);
      await page.evaluate("document.querySelector('#state').textContent = ''");
    }
    await page.setInputFiles("input", { name: "a.csv", mimeType: "", buffer: Buffer.from("a") });
    await page.waitForFunction("document.querySelector('#state').textContent.startsWith('Cannot')");
    assert.deepEqual(browser.complaints, []);
  },
);
