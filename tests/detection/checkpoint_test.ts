/**
 * An ensemble that was interrupted at any point and resumed has the same bytes as one that was not. A checkpoint of
 * another fit is refused. Oracle: the fit without a checkpoint.
 */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { statesOf } from "../../src/detection/ensemble/member_checkpoints.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { planeRows } from "../util/data.ts";
import { MemoryStore } from "../util/memory_store.ts";

const ROWS = planeRows(80, 3, 7);
const OPTIONS: DetectorOptions = { epochs: 3, hidden: [6], latent: 2, batchSize: 16, seed: 3 };

async function fitted(options: DetectorOptions, rows = ROWS): Promise<Uint8Array> {
  const detector = await Detector.fit(rows, { ...OPTIONS, ...options });
  const bytes = detector.save();
  detector.dispose();
  return bytes;
}

for (const [name, more] of [["", {}], [" that is robust", { robust: true }]] as const) {
  Deno.test(`an ensemble${name} resumes from every step with the same bytes in the end`, async () => {
    const store = new MemoryStore();
    const whole = await fitted(more);
    assert.deepEqual(await fitted({ ...more, checkpoint: store }), whole, "they change nothing");
    const counts = store.written.map((bytes) => statesOf(readModelFile(bytes)).size);
    assert.deepEqual([...new Set(counts)], [1, 2, 3, 4], "networks one after the other");
    assert.ok(store.written.length > 4 * 4, "states within each");
    for (const state of store.written) {
      const resumed = new MemoryStore(state);
      assert.deepEqual(await fitted({ ...more, checkpoint: resumed }), whole);
      assert.ok(resumed.written.length < store.written.length, "it went on");
    }
    // The last checkpoint is of a finished fit: nothing is trained again.
    const finished = new MemoryStore(store.written.at(-1));
    let epochs = 0;
    const onProgress = () => void epochs++;
    assert.deepEqual(await fitted({ ...more, checkpoint: finished, onProgress }), whole);
    assert.deepEqual([epochs, finished.written.length], [0, 0]);
  });
}

Deno.test("a checkpoint of another ensemble, or of a single network, is refused with the reason", async () => {
  const many = new MemoryStore(), one = new MemoryStore();
  await fitted({ checkpoint: many });
  await fitted({ checkpoint: one, preset: "small" });
  const state = many.written[Math.floor(many.written.length / 2)];
  const cases: [string, DetectorOptions][] = [
    ["another seed", { seed: 4 }],
    ["other members", { members: 3 }],
    ["another robust", { robust: 0.25 }],
    ["another recipe", { epochs: 4 }],
    ["another spec", { hidden: [7] }],
    ["another preset", { preset: "small" }],
  ];
  const made = (what: string) => {
    const message = `Cannot resume: the checkpoint was made with ${what}`;
    return { name: "ResumeError", message };
  };
  for (const [what, options] of cases) {
    const checkpoint = new MemoryStore(state);
    await assert.rejects(fitted({ ...options, checkpoint }), made(what));
    assert.deepEqual(checkpoint.written, [], "what was kept is kept");
  }
  const changed = ROWS.map((row) => row.map((value) => value + 1e-3 * value * value));
  const checkpoint = new MemoryStore(state);
  await assert.rejects(fitted({ checkpoint }, changed), made("other data"));
  const small = new MemoryStore(one.written[2]);
  await assert.rejects(fitted({ checkpoint: small }), made("another preset"));
});

Deno.test("a damaged checkpoint of an ensemble is refused, and a linear fit takes none", async () => {
  const store = new MemoryStore();
  await fitted({ checkpoint: store });
  const damaged = store.written[7].slice();
  damaged[damaged.length - 5] ^= 1;
  await assert.rejects(fitted({ checkpoint: new MemoryStore(damaged) }), /damaged/);
  await assert.rejects(
    Detector.fit(ROWS, { window: 5, checkpoint: new MemoryStore() }),
    /preset "linear" takes no checkpoint/,
  );
});
