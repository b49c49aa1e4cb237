/**
 * `elbow bundle`: each folder is written by the command as users type it, deployed as far as possible on one machine,
 * and queried. Oracle: the detector in this process.
 */
import assert from "node:assert/strict";
import { TableScorer, TrainedVae } from "../../mod.ts";
import { ROOT } from "../../scripts/lib/tree.ts";
import { Folder, refused } from "../cli/util.ts";
import { assertRelative } from "../util/close.ts";
import { testUnless } from "../util/skip.ts";
import { Browser, serveFolder } from "./browser.ts";
import { NO_BROWSER, NO_RUNTIMES } from "./missing.ts";
import { modelFiles } from "./models.ts";
import { PACKAGES, SERVERS, startServer, workerdConfig } from "./runtimes.ts";
import { gzipped } from "../util/gzip.ts";

const FILES = await modelFiles();
const BYTES = Uint8Array.fromBase64(FILES.table), PLAIN = Uint8Array.fromBase64(FILES.plain);
const ROWS = [[480, 0.2, -3], [500, 0, 5]];

/** Compressed size of all files together: the library, the kernels and a small model. */
const LIMITS = { workers: 159_300, deno: 164_100, browser: 93_200 } as const;

/** The same for a page with a bare network, which contains no code for tables. */
const PLAIN_LIMIT = 66_200;

/** The difference that all builds of the kernels stay within, nats. */
const TOLERANCE = 1e-5;

interface Verdict {
  readonly score: number;
  readonly anomaly: boolean;
}

async function wanted(): Promise<readonly Verdict[]> {
  const scorer = await TableScorer.load(BYTES);
  return await scorer.score(ROWS);
}

function requireVerdicts(got: readonly Verdict[], want: readonly Verdict[]): void {
  const scores = (list: readonly Verdict[]) => list.map(({ score }) => score);
  assertRelative(scores(got), scores(want), TOLERANCE, TOLERANCE);
  assert.deepEqual(got.map(({ anomaly }) => anomaly), [false, true]);
}

/** The folder that `deno task elbow bundle` writes; the size of its files is checked here. */
async function bundle(
  folder: Folder,
  target: keyof typeof LIMITS,
  file = BYTES,
  limit: number = LIMITS[target],
): Promise<string> {
  const model = folder.write("Pumps.safetensors", file), out = folder.at("out");
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [...["task", "--quiet", "elbow", "bundle", model], ...[
      "--target",
      target,
      "--out",
      out,
      "--json",
    ]],
    cwd: ROOT,
    stdin: "null",
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  const report = JSON.parse(new TextDecoder().decode(stdout));
  let bytes = 0;
  for (const { file, bytes: size } of report.files) {
    const content = await Deno.readFile(`${out}/${file}`);
    assert.equal(content.length, size, file);
    bytes += (await gzipped(content)).length;
  }
  assert.equal(report.files.length, [...Deno.readDirSync(out)].length);
  assert.ok(bytes <= limit, `${target}: ${bytes} bytes compressed`);
  const readme = await Deno.readTextFile(`${out}/README.md`);
  assert.ok(readme.includes(`\n    ${report.deploy}\n`));
  return out;
}

/** The commands with which README.md queries the server, run against a running one. */
async function askAsWritten(folder: string, origin: string): Promise<void> {
  const readme = await Deno.readTextFile(`${folder}/README.md`);
  const commands = [
    ...readme.matchAll(/curl -s http:\/\/localhost:\d+(\S+)(?: --json '(.+)')?\n/g),
  ];
  assert.equal(commands.length, 2);
  for (const [, path, body] of commands) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const response = await fetch(origin + path, body === undefined ? {} : init);
    assert.equal(response.status, 200, await response.text());
  }
}

async function ask(origin: string): Promise<readonly Verdict[]> {
  const response = await fetch(`${origin}/v1/models/Pumps/score`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: ROWS }),
  });
  assert.equal(response.status, 200);
  return (await response.json()).rows;
}

testUnless(
  NO_RUNTIMES,
  "a bundle for workers passes wrangler's deployment and scores in workerd",
  async () => {
    using folder = new Folder();
    const out = await bundle(folder, "workers"), built = folder.at("built");
    const { success, stderr } = await new Deno.Command("node", {
      args: [`${PACKAGES}/wrangler/bin/wrangler.js`, "deploy", "--dry-run", "--outdir", built],
      cwd: out,
      stdin: "null",
      env: { WRANGLER_SEND_METRICS: "false", CI: "1", HOME: folder.path },
    }).output();
    assert.ok(success, new TextDecoder().decode(stderr));
    const { compatibility_date: date } = JSON.parse(
      await Deno.readTextFile(`${out}/wrangler.json`),
    );
    const others = [...Deno.readDirSync(built)].map(({ name }) => name)
      .filter((name) => /\.(wasm|safetensors)$/.test(name));
    const modules = Object.fromEntries(["worker.js", ...others].map((name) => [name, name]));
    await Deno.writeTextFile(`${built}/worker.capnp`, workerdConfig(modules, date));
    await using host = await startServer(
      SERVERS.workerd.command,
      ["serve", "--control-fd=1", "worker.capnp"],
      built,
    );
    requireVerdicts(await ask(host.origin), await wanted());
    await askAsWritten(out, host.origin);
  },
);

Deno.test("a bundle for Deno scores under deno serve, with the permission that it names", async () => {
  using folder = new Folder();
  const out = await bundle(folder, "deno");
  const { tasks: { start } } = JSON.parse(await Deno.readTextFile(`${out}/deno.json`));
  const [, ...args] = start.replace("--port 8000", "--port 0").split(" ");
  await using host = await startServer(Deno.execPath(), args, out);
  requireVerdicts(await ask(host.origin), await wanted());
  await askAsWritten(out, host.origin);
});

testUnless(
  NO_BROWSER,
  "a bundle for browsers scores typed rows and opened files, and reports errors",
  async () => {
    using folder = new Folder();
    await using site = serveFolder(await bundle(folder, "browser"), { isolated: true });
    await using browser = await Browser.open();
    const page = await browser.page(`${site.origin}/index.html`);
    await page.waitForSelector("body[data-ready]");
    assert.match(
      await page.textContent("#about") ?? "",
      /^3 columns: heat, flow, drift · 2.4 % false alarms$/,
    );

    const want = await wanted();
    const shown = async () => {
      await page.waitForFunction(() =>
        /rows?,|Cannot/.test(document.querySelector("#outcome")!.textContent!)
      );
      const cells = await page.$$eval(
        "#verdicts tr",
        (rows) =>
          rows.map((row) => [...row.querySelectorAll("td")].map((cell) => cell.textContent!)),
      );
      const outcome = await page.textContent("#outcome");
      return { cells, outcome };
    };
    await page.fill("#rows", ROWS.map((row) => row.join()).join("\n"));
    await page.click("#score");
    const typed = await shown();
    assert.equal(typed.outcome, "2 rows, 1 anomaly");
    assert.deepEqual(typed.cells.map(([row, score, , anomaly]) => [row, score, anomaly]), [
      ["1", want[0].score.toFixed(2), "no"],
      ["2", want[1].score.toFixed(2), "yes"],
    ]);
    assert.match(typed.cells[1][4], /^drift \d/);

    await page.fill("#rows", "heat,flow\n1,2");
    await page.click("#score");
    assert.match((await shown()).outcome ?? "", /^Cannot read row 1: no column "drift"/);

    const named = `label,drift,"heat",flow\nx,-3,480,0.2\n"a, b",5,500,0\n`;
    await page.setInputFiles("#file", folder.write("rows.csv", named));
    await page.waitForFunction(() =>
      document.querySelectorAll("#verdicts tr").length === 2 &&
      !document.querySelector("table")!.hidden
    );
    assert.deepEqual((await shown()).cells, typed.cells);
    // As on Windows: UTF-16 with its byte order mark.
    const wide = [..."drift,heat,flow\n-3,480,0.2\n"].flatMap((each) => [each.charCodeAt(0), 0]);
    await page.setInputFiles("#file", folder.write("wide.csv", Uint8Array.of(0xff, 0xfe, ...wide)));
    await page.waitForFunction(() => document.querySelectorAll("#verdicts tr").length === 1);
    assert.deepEqual((await shown()).cells, typed.cells.slice(0, 1));
    // As copied from a spreadsheet, and as saved where commas are decimal.
    const written = [
      "heat\tdrift\tflow\n480\t-3\t0.2",
      "480;0,2;-3",
      "drift|flow|heat\n-3|0,2|480",
    ];
    for (const text of written) {
      await page.fill("#rows", "");
      await page.click("#score");
      await page.fill("#rows", text);
      await page.click("#score");
      await page.waitForFunction(() => document.querySelectorAll("#verdicts tr").length === 1);
      assert.deepEqual((await shown()).cells, typed.cells.slice(0, 1), text);
    }
    // Thousands, or decimals: not guessed.
    await page.fill("#rows", "heat;drift;flow\n1,480;-3;0");
    await page.click("#score");
    assert.match((await shown()).outcome ?? "", /^Cannot read row 1, column "heat"/);
    // Both marks leave no doubt.
    await page.fill("#rows", "heat;drift;flow\n1.480,5;-3;0,2\n1480,5;-3;0,2");
    await page.click("#score");
    await page.waitForFunction(() => document.querySelectorAll("#verdicts tr").length === 2);
    const [marked, unmarked] = (await shown()).cells;
    assert.deepEqual(marked.slice(1), unmarked.slice(1));
    // Of many rows the strangest are shown.
    await page.fill("#rows", `${"480,0.2,-3\n".repeat(600)}500,0,5`);
    await page.click("#score");
    await page.waitForFunction(() => document.querySelectorAll("#verdicts tr").length === 500);
    const many = await shown();
    assert.equal(many.outcome, "601 rows, 1 anomaly, the 500 strangest shown");
    assert.deepEqual(many.cells[0].slice(0, 2), ["601", typed.cells[1][1]]);
    await page.setInputFiles("#file", folder.at("rows.csv"));
    await page.waitForFunction(() => document.querySelectorAll("#verdicts tr").length === 2);
    const [download] = await Promise.all([page.waitForEvent("download"), page.click("#save")]);
    assert.equal(download.suggestedFilename(), "scores.csv");
    const saved = await Deno.readTextFile(await download.path());
    const scores = saved.trim().split("\n").slice(1).map((line) => Number(line.split(",")[1]));
    assertRelative(scores, want.map(({ score }) => score), TOLERANCE, TOLERANCE);
    await page.screenshot({ path: `${ROOT}build/browser_bundle.png` });
    // The style sheet was loaded: the box for rows is as wide as the page.
    assert.ok((await page.locator("#rows").boundingBox())!.width > 800);
    await page.setViewportSize({ width: 360, height: 640 });
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.equal(width, 360, "the page of a telephone needs no scrolling sideways");
    assert.deepEqual(browser.complaints, []);
  },
);

Deno.test("a bundle of a bare network for browsers contains no code for tables, and its worker scores", async () => {
  using folder = new Folder();
  const out = await bundle(folder, "browser", PLAIN, PLAIN_LIMIT);
  const library = await import(`file://${out}/elbow.js`);
  assert.ok("TrainedVae" in library && !("TableScorer" in library));
  const worker = new Worker(`file://${out}/scorer.js`, { type: "module" });
  const answer = () =>
    new Promise<Record<string, unknown>>((resolve, reject) => {
      worker.onmessage = ({ data }) => resolve(data);
      worker.onerror = reject;
    });
  const { ready } = await answer() as { ready: { columns: string[]; isTable: boolean } };
  assert.deepEqual([ready.columns, ready.isTable], [["x0", "x1", "x2"], false]);
  const rows = [[0.5, -1, 2], [0, 0, 0]];
  worker.postMessage({ id: 1, rows: rows.map(([x0, x1, x2]) => ({ x0, x1, x2 })) });
  const want = await (await TrainedVae.load(PLAIN)).score(rows);
  const verdicts = Array.from(want, (score) => ({ score }));
  assert.deepEqual(await answer(), { id: 1, verdicts });
  worker.terminate();
});

Deno.test("elbow bundle refuses what it cannot bundle, and leaves no folder", async () => {
  using folder = new Folder();
  const model = folder.write("a.safetensors", BYTES), broken = folder.write("b.safetensors", "x");
  assert.match(await refused("bundle", model), /required option '--target <host>'/);
  assert.match(await refused("bundle", model, "--target", "fastly"), /Allowed choices are/);
  const odd = folder.write("odd name.safetensors", BYTES), out = folder.at("out");
  const to = ["--target", "deno", "--out", out];
  assert.match(await refused("bundle", odd, ...to), /a name is 1 to 64 letters/);
  assert.match(await refused("bundle", broken, ...to), /Cannot read .*b.safetensors/);
  assert.match(
    await refused("bundle", model, "--target", "deno", "--out", folder.path),
    /must be empty/,
  );
  assert.match(await refused("bundle", model, "--target", "deno", "--out", model), /it is a file/);
  // Without the flag that `deno task elbow` sets, there is no bundler.
  assert.match(await refused("bundle", model, ...to), /--unstable-bundle/);
  assert.deepEqual(folder.names(), ["a.safetensors", "b.safetensors", "odd name.safetensors"]);
});
