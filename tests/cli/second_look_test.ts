/** `elbow score --second-look` adds a column. Oracle: `Detector.score` with `secondLook`. */
import assert from "node:assert/strict";
import { Detector } from "../../mod.ts";
import { type LoadedModel, loadModel } from "../../src/cli/models/model.ts";
import { BlockScorer } from "../../src/cli/score/stream/block.ts";
import { openSecondLook } from "../../src/cli/score/cell_scorer.ts";
import { rowReader } from "../../src/cli/score/input/file_layout.ts";
import { Interruption } from "../../src/cli/io.ts";
import { ScoreThreads } from "../../src/cli/score/stream/threads.ts";
import { readCsv } from "../../src/formats/mod.ts";
import { readQuoted } from "../../src/formats/csv/quoted_rows.ts";
import type { TableScorer } from "../../src/scoring/table_scorer.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

Deno.test("elbow score --second-look gives flagged rows their regret, in CSV, in JSON and in any thread", async () => {
  using folder = new Folder();
  const csv = tableCsv(120), data = folder.write("t.csv", csv), path = folder.at("m");
  await elbowOk("train", data, "--out", path, ...QUICK);
  const flags = ["--second-look", "--false-alarm-rate", "0.2"];
  const [header, ...lines] = cellsOf(await elbowOk("score", path, data, ...flags));
  assert.equal(header.at(-1), "regret");
  const { scores } = JSON.parse(await elbowOk("score", path, data, ...flags, "--json"));

  const detector = await Detector.load(await Deno.readFile(path));
  detector.setFalseAlarmRate(0.2);
  const { columns, data: cells } = readCsv(csv, { source: "t.csv" });
  const width = columns.length, places = detector.columns.map((name) => columns.indexOf(name));
  const rows = lines.map((_, r) => places.map((c) => cells[r * width + c]));
  const want = (await detector.score(rows, { secondLook: true })).map(({ regret }) => regret);
  assert.ok(want.filter((nats) => nats !== undefined).length > 5);
  assert.deepEqual(lines.map((cells) => cells.at(-1)), want.map((nats) => `${nats ?? ""}`));
  assert.deepEqual(scores.map(({ regret }: { regret?: number }) => regret), want);
  detector.dispose();

  // With other columns, it comes before those meant for people.
  const [all] = cellsOf(
    await elbowOk("score", path, data, ...flags, "--min-confidence", "0.5", "--explain"),
  );
  assert.deepEqual(all.slice(-3), ["confidence", "regret", "explanation"]);

  using model = await loadModel(path) as LoadedModel & { readonly scorer: TableScorer };
  const settings = { falseAlarmRate: 0.2, secondLook: true };
  const layout = { source: "t.csv", width, separator: ",", places };
  const second = await openSecondLook(model.scorer, settings);
  const reader = rowReader(model, layout, readQuoted);
  const here = new BlockScorer(model, { source: layout.source, reader, settings, second });
  const block = () => {
    const bytes = new TextEncoder().encode(csv.slice(csv.indexOf("\n") + 1));
    return { bytes, firstRow: 0, firstLine: 2, quoted: false };
  };
  const threads = new ScoreThreads(1, { model: path, device: {}, layout, settings });
  try {
    for (let answer = threads.score(block());; answer = threads.score(block())) {
      if (!answer) await new Promise((resolve) => setTimeout(resolve, 5));
      else {
        assert.deepEqual((await answer).scored, await here.scoreWithRegret(block()));
        break;
      }
    }
  } finally {
    threads.close();
    second?.dispose();
  }
});

Deno.test("Ctrl-C ends a long second look, in a stream and with --json", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(3000)), path = folder.at("m");
  await elbowOk("train", folder.write("few.csv", tableCsv()), "--out", path, ...QUICK);
  for (const more of [[], ["--json"]]) {
    const controller = new AbortController();
    const args = ["score", path, data, "--second-look", "--false-alarm-rate", "0.9", ...more];
    // Some milliseconds after the start of work that takes seconds.
    const given = elbow(args, { signal: controller.signal });
    setTimeout(() => controller.abort(new Interruption("SIGINT")), 5);
    const { status, stderr } = await given;
    assert.equal(status, 130, stderr);
    assert.match(stderr, /Interrupted by SIGINT/);
  }
});

Deno.test("elbow score --second-look requires rows that are flagged one by one", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), path = folder.at("m");
  await elbowOk("train", data, "--out", path, ...QUICK);
  const both = await refused("score", path, data, "--second-look", "--method", "kl");
  assert.match(both, /'--method <name>' cannot be used with option '--second-look'/);
  const series = folder.at("s");
  await elbowOk("train", data, "--out", series, "--window", "3");
  assert.match(
    await refused("score", series, data, "--second-look"),
    /Cannot take a second look: the model scores a series, in windows of 3/,
  );
});
