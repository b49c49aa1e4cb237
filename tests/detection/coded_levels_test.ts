/**
 * Categories of reference rows in a file: a byte a row, and the same scores. Oracles: the detector before it was saved;
 * a file that has all features of its references, as files had.
 */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { codeLevels } from "../../src/detection/ensemble/code_levels.ts";
import { decodeLevels } from "../../src/scoring/ensemble/coded_levels.ts";
import type { Feature } from "../../src/scoring/views/view.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";

type Row = Record<string, number | string | null>;

const isCategory = ({ kind }: { readonly kind: string }) => kind === "categorical";

function tableOf(
  rows: number,
  { columns, levels, gaps = 0, numbers = 3 }: {
    readonly columns: number;
    readonly levels: number;
    readonly gaps?: number;
    /** Of so many columns of four. */
    readonly numbers?: number;
  },
): Row[] {
  const random = new HostRandom(4, 0, 7);
  return Array.from({ length: rows }, () => {
    const cause = normal(random);
    return Object.fromEntries(Array.from({ length: columns }, (_, c) => {
      const cell = c % 4 < numbers
        ? cause + normal(random)
        : random.uniformF64() < gaps
        ? null
        : `level${random.below(levels)}`;
      return [`column_${c}`, cell];
    }));
  });
}

/** The same file with all features of its references, as files had. */
function inFull(file: ReturnType<typeof readModelFile>, detector: Detector): Uint8Array {
  const tensors = new Map(file.tensors), metadata = structuredClone(file.metadata);
  const { parts } = metadata.ensemble as { parts: { view: string; coded?: number[] }[] };
  for (const [p, part] of parts.entries()) {
    const prefix = `ensemble.${part.view}.`,
      { rows, features } = detector.table.ensemble!.parts[p].references;
    delete part.coded;
    tensors.delete("ensemble.codes");
    const shape = [rows.length / features, features];
    tensors.set(`${prefix}references`, { dtype: "F32", shape, data: rows });
  }
  return writePackedFile({ ...file, tensors, metadata });
}

Deno.test("a file of 32 columns, a quarter of them categories of ten levels, holds a byte for each level of its references", async () => {
  const rows = tableOf(1500, { columns: 32, levels: 10 });
  const detector = await Detector.fit(rows, { seed: 1, epochs: 1 });
  const bytes = detector.save(), full = inFull(readModelFile(bytes), detector);
  // 1,024 references: in each of two views 24 features of 2 bytes, or 8 codes of a byte for both.
  assert.ok(
    full.length - bytes.length > 1024 * (2 * 48 - 8) - 500,
    `${bytes.length} of ${full.length}`,
  );
  const fresh = [...rows.slice(0, 40), { ...rows[0], column_3: "new", column_7: null }];
  const want = await detector.score(fresh);
  for (const source of [bytes, full]) {
    const loaded = await TableScorer.load(source);
    assert.deepEqual(await loaded.score(fresh), want);
    assert.deepEqual(loaded.save(), source);
    loaded.dispose();
  }
  const small = await Detector.load(detector.save({ format: "int8" }));
  assert.ok((await small.score(fresh)).every(({ score }) => Number.isFinite(score)));
  for (const each of [detector, small]) each.dispose();
});

Deno.test("categories that rows lack, tables of categories alone, and updates score the same from a file", async () => {
  for (
    const made of [{ columns: 8, levels: 3, gaps: 0.1 }, { columns: 6, levels: 4, numbers: 0 }]
  ) {
    const rows = tableOf(600, made);
    const detector = await Detector.fit(rows, { seed: 2, epochs: 1 });
    for (const updated of [false, true]) {
      if (updated) await detector.partialFit(rows.slice(0, 300), { epochs: 1 });
      const loaded = await Detector.load(detector.save());
      assert.deepEqual(
        await loaded.score(rows.slice(0, 60)),
        await detector.score(rows.slice(0, 60)),
      );
      const { parts } = loaded.table.ensemble!;
      for (const { references: { coded } } of parts) {
        assert.equal(coded!.columns.length, detector.schema.filter(isCategory).length);
        assert.deepEqual(coded!.codes, parts[0].references.coded!.codes);
      }
      assert.deepEqual(
        await loaded.explain(rows.slice(0, 9)),
        await detector.explain(rows.slice(0, 9)),
      );
      loaded.dispose();
    }
    detector.dispose();
  }
});

Deno.test("codeLevels() gives every row a level, what was filled in the nearest, and decodeLevels() restores all", () => {
  const point = (column: number, ...values: number[]): Feature => ({
    column,
    transform: { kind: "point", values: Float32Array.from(values) },
  });
  const number: Feature = {
    column: 1,
    transform: {
      kind: "curve",
      curve: { x: Float64Array.of(0), y: Float64Array.of(0), slopes: [0, 1] },
      mean: 0,
    },
  };
  const features = [point(0, 2, -1, 2), point(0, -1, 1, 0), number, point(2, 1, 0.5)];
  // Column 0 has the levels 2, 0, 1; the second row of column 2 was filled in.
  const rows = Float32Array.of(2, 0, 0.25, 1, 2, -1, 0.5, 0.625, -1, 1, 7, 0.5);
  const { rows: whole, coded } = codeLevels(rows, features);
  assert.deepEqual(whole, rows.with(7, 0.5));
  assert.deepEqual(coded!.columns, [0, 2]);
  assert.deepEqual([...coded!.codes], [2, 0, 0, 1, 1, 1]);
  assert.deepEqual([...coded!.rest], [0.25, 0.5, 7]);
  assert.deepEqual(decodeLevels(coded!, features, 3), whole);
  // Another view of the same rows filled in otherwise.
  const other = codeLevels(rows.with(7, 0.875), features, coded);
  assert.deepEqual(other.rows, whole);
  assert.deepEqual(codeLevels(rows.slice(0, 3), [number]), { rows: rows.slice(0, 3) });
});

Deno.test("a file that an older release fitted to categories is refused, and one without categories is not", async () => {
  for (const categories of [true, false]) {
    const rows = tableOf(200, { columns: 4, levels: 3, numbers: categories ? 3 : 4 });
    const detector = await Detector.fit(rows, { preset: "small", epochs: 1 });
    const file = readModelFile(detector.save());
    const { categories: _, ...table } = file.metadata.table as Record<string, unknown>;
    const older = writePackedFile({ ...file, metadata: { ...file.metadata, table } });
    if (categories) {
      await assert.rejects(TableScorer.load(older), {
        message:
          "Cannot read model: an older release fitted its categories: fit the detector again",
      });
    } else (await TableScorer.load(older)).dispose();
    detector.dispose();
  }
});
