/** Threads of `elbow score`, one block after another. Oracle: the same blocks scored in this thread. */
import assert from "node:assert/strict";
import { type LoadedModel, loadModel } from "../../src/cli/models/model.ts";
import { BlockScorer } from "../../src/cli/score/stream/block.ts";
import { rowReader } from "../../src/cli/score/input/file_layout.ts";
import { ScoreThreads } from "../../src/cli/score/stream/threads.ts";
import type { ByteBlock } from "../../src/formats/csv/byte_blocks.ts";
import { DataError } from "../../src/formats/mod.ts";
import { readQuoted } from "../../src/formats/csv/quoted_rows.ts";
import type { TableScorer } from "../../src/scoring/table_scorer.ts";
import { elbowOk, Folder, QUICK, tableCsv } from "./util.ts";

/** A copy of the block, because its bytes are gone once a thread has them. */
function block(text: string): ByteBlock {
  const bytes = new TextEncoder().encode(text);
  return { bytes, firstRow: 7, firstLine: 9, quoted: text.includes('"') };
}

Deno.test("a thread gives the same results as this one: for blocks with and without quotes, and with errors", async () => {
  using folder = new Folder();
  const path = folder.at("m"), [head, ...rows] = tableCsv(200).trimEnd().split("\n");
  await elbowOk("train", folder.write("t.csv", tableCsv(200)), "--out", path, ...QUICK);
  using model = await loadModel(path) as LoadedModel & { readonly scorer: TableScorer };
  const columns = head.split(","), settings = { falseAlarmRate: 0.05 };
  const layout = {
    source: "t.csv",
    width: columns.length,
    separator: ",",
    places: model.scorer.columns.map((name) => columns.indexOf(name)),
  };
  const plain = `${rows.join("\n")}\n`, quoted = plain.replaceAll(/^[^,]*/gm, '"$&"');
  const reader = rowReader(model, layout, readQuoted);
  const scorer = new BlockScorer(model, { source: layout.source, reader, settings });
  const here = (text: string) => scorer.score(block(text));
  const threads = new ScoreThreads(2, { model: path, device: {}, layout, settings });
  try {
    assert.equal(threads.score(block(plain)), undefined, "none is ready at once");
    const score = async (text: string) => {
      for (;;) {
        const scored = threads.score(block(text));
        if (scored) return (await scored).scored;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    };
    assert.deepEqual(await score(plain), here(plain));
    assert.deepEqual(await score(quoted), here(quoted));
    assert.deepEqual(here(quoted).lines, here(plain).lines);
    const faulty = `${rows[0]}\n${rows[1].replace(/^[^,]*/, "oops")}\n`;
    await assert.rejects(
      score(faulty),
      /row 9 \(line 10\), column "a": expected a finite number.*"oops"/,
    );
    assert.throws(() => here(faulty), DataError);
    // One thread takes two blocks; a third shows that the other thread is there too.
    for (let ready = false; !ready;) {
      const three = [plain, plain, plain].map((text) => threads.score(block(text)));
      await Promise.all(three);
      ready = three.every((each) => each !== undefined);
    }
    // As many blocks as the threads have room for; they are answered in order.
    const all = [plain, quoted, plain, quoted, plain].map((text) => threads.score(block(text)));
    assert.equal(all[4], undefined, "two threads take two each");
    const answers = (await Promise.all(all.slice(0, 4))).map((each) => each?.scored);
    assert.deepEqual(answers, [plain, quoted, plain, quoted].map(here));
  } finally {
    threads.close();
  }
});

Deno.test("threads that cannot open the model never become ready, and do not keep the process from ending", async () => {
  const layout = { source: "t.csv", width: 1, separator: ",", places: [0] };
  const options = { model: "/nowhere/m", device: {}, layout, settings: { falseAlarmRate: 0.05 } };
  const threads = new ScoreThreads(1, options);
  for (let i = 0; i < 100; i++) {
    assert.equal(threads.score(block("1\n")), undefined);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  threads.close();
});
