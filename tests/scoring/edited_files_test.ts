/** Detector files edited by hand, with a right checksum: refused with a message, or scored finitely. */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { writePackedFile } from "../../src/trained/file/packed_file.ts";
import { toCells } from "../../src/scoring/table/table_rows.ts";
import type { Tensor } from "../../src/formats/safetensors/safetensors.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(150, 3, 4).map(([a, b, c], r) => ({ a, b, c, kind: "xyz"[r % 3] }));
const FILE = readModelFile((await Detector.fit(ROWS, { seed: 1, epochs: 2, hidden: [4] })).save());

interface Ensemble {
  statistics: string[];
  parts: { view: string; coded?: number[] }[];
}

/** The file with its ensemble, or its tensors, changed. */
async function load(
  edit: (ensemble: Ensemble, tensors: Map<string, Tensor>) => void,
): Promise<TableScorer> {
  const metadata = structuredClone(FILE.metadata), tensors = new Map(FILE.tensors);
  edit(metadata.ensemble as Ensemble, tensors);
  return await TableScorer.load(writePackedFile({ ...FILE, metadata, tensors }));
}

/** Leaves one view. */
function withoutSecondView({ parts }: Ensemble, tensors: Map<string, unknown>): void {
  const { view } = parts.splice(1)[0];
  for (const name of tensors.keys()) {
    if (name.startsWith(`ensemble.${view}.`)) tensors.delete(name);
  }
}

Deno.test("an ensemble of one view with one statistic has this surprisal as its score", async () => {
  const scorer = await load((ensemble, tensors) => {
    withoutSecondView(ensemble, tensors);
    ensemble.statistics.splice(1);
  });
  const two = await load((ensemble, tensors) => {
    withoutSecondView(ensemble, tensors);
    ensemble.statistics.splice(2);
  });
  const other = await load((ensemble, tensors) => {
    withoutSecondView(ensemble, tensors);
    ensemble.statistics.splice(0, 1);
    ensemble.statistics.splice(1);
  });
  const [one, both, rest] = [scorer, two, other].map((each) => {
    const cells = toCells(ROWS, scorer.schema);
    return each.scoreCells(cells);
  });
  const width = 4;
  one.scores.forEach((score, r) => {
    assert.ok(Number.isFinite(score));
    const sum = one.contributions.slice(r * width, (r + 1) * width).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - score) < 1e-9 * Math.max(1, Math.abs(score)), `${sum} ${score}`);
    // Of two, each counts half: rounding apart, as the sum of halves.
    assert.ok(Math.abs((score + rest.scores[r]) / 2 - both.scores[r]) < 1e-9);
  });
});

Deno.test("an ensemble that lists a statistic, a view or a coded column twice is refused", async () => {
  const faults: [Parameters<typeof load>[0], RegExp][] = [
    [({ statistics }) => statistics.push(statistics[0]), /lists something twice/],
    [({ parts }) => parts.push(parts[1]), /lists something twice/],
    [
      ({ parts }) => parts[0].coded!.push(parts[0].coded![0]),
      /"ensemble\..*" must be finite/,
    ],
    [({ parts }) => parts[0].coded![0] = 0, /"ensemble\..*" must be finite/],
    [({ parts }) => parts[0].coded![0] = 0.5, /"ensemble\..*" must be finite/],
    [({ statistics }) => statistics.splice(0), /the ensemble is empty/],
    [({ parts }) => parts.splice(0), /the ensemble is empty/],
  ];
  for (const [edit, words] of faults) {
    await assert.rejects(load(edit), (error: Error) => {
      assert.match(error.message, /^Cannot read model: /);
      assert.match(error.message, words);
      return true;
    });
  }
});

Deno.test("a column that is coded twice, with codes for both, scores as it did", async () => {
  const twice = await load(({ parts }, tensors) => {
    const { data, shape: [rows] } = tensors.get("ensemble.codes")!;
    for (const part of parts) part.coded!.push(part.coded![0]);
    const codes = Uint8Array.from({ length: 2 * rows }, (_, i) => Number(data[i >> 1]));
    tensors.set("ensemble.codes", { dtype: "U8", shape: [rows, 2], data: codes });
  });
  const once = await load(() => {}), cells = toCells(ROWS, once.schema);
  assert.deepEqual(twice.scoreCells(cells).scores, once.scoreCells(cells).scores);
});
