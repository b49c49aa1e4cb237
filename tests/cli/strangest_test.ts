/**
 * What is said at a first look: the strangest rows after `score --out`, and that a column named like a label trains.
 * Oracle: the file that was written.
 */
import assert from "node:assert/strict";
import { explanation } from "../../src/cli/score/explained.ts";
import {
  highest,
  strangestOf,
  strangestOfAll,
  strangestTable,
} from "../../src/cli/score/strangest.ts";
import { reportData } from "../../mod.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, tableCsv } from "./util.ts";

/** Scores with ties, in no order. */
const SCORES = Float64Array.from({ length: 60 }, (_, r) => r * 7919 % 23);

Deno.test("score --out shows the rows with the highest scores of the file that it writes", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(150)),
    model = folder.at("m"),
    out = folder.at("s.csv");
  await elbowOk("train", data, "--out", model, ...QUICK);
  for (const more of [[], ["--fdr", "0.5"]]) {
    const { stdout } = await elbow(["score", model, data, "--out", out, ...more]);
    const rows = cellsOf(Deno.readTextFileSync(out)).slice(1);
    const want = rows.sort((a, b) => Number(b[1]) - Number(a[1])).slice(0, 10);
    const [title, header, ...lines] = stdout.trimEnd().split("\n");
    assert.equal(title, "The strangest rows");
    assert.match(header, /^ *row +score +p-value +anomaly +columns to blame$/);
    assert.deepEqual(
      lines.map((line) => line.trim().split(/ {2,}/)),
      want.map(([row, score, p, anomaly, columns]) => [
        ...[row, Number(score).toFixed(3), Number(p).toPrecision(2)],
        ...[anomaly === "true" ? "yes" : "no", columns.replaceAll(";", ", ")],
      ]),
    );
  }
});

Deno.test("the strangest rows of a file do not depend on where its parts begin", () => {
  const part = (first: number, last: number) => {
    const scores = SCORES.slice(first, last), contributions = scores;
    const pValues = new Float64Array(scores.length), verdict = () => "normal" as const;
    return strangestOf({ scores, contributions }, { pValues, verdict }, first, ["a"]);
  };
  const whole = part(0, SCORES.length);
  assert.deepEqual(whole.map(({ row }) => row - 1), highest(SCORES));
  assert.equal(whole.length, 10);
  for (let cut = 0; cut <= SCORES.length; cut++) {
    assert.deepEqual(strangestOfAll(part(0, cut), part(cut, SCORES.length)), whole);
  }
});

Deno.test("a column that is named like a label is reported, unless it is declared or has many values", async () => {
  using folder = new Folder();
  const named = (name: string) =>
    Array.from({ length: 60 }, (_, r) => ({ a: r * 7919 % 101, [name]: r % 9 === 0 ? 1 : 0 }));
  const warned = (name: string, schema?: { name: string; kind: "binary" }[]) =>
    reportData(named(name), { schema }).warnings.some((each) => /named like a label/.test(each));
  for (const name of ["label", "is_anomaly", "Outlier", "fraud", "class", "y", "ground truth"]) {
    assert.ok(warned(name), name);
  }
  for (const name of ["a2", "valve", "yield", "labelled by", "classes"]) {
    assert.ok(!warned(name), name);
  }
  assert.ok(!warned("label", [{ name: "label", kind: "binary" }]));
  const numbers = named("a").map((row, r) => ({ ...row, y: r * 31 % 59 }));
  assert.ok(!reportData(numbers).warnings.some((each) => /named like a label/.test(each)));

  const csv = `a,ground truth\n${named("x").map(({ a, x }) => `${a},${x}`).join("\n")}\n`;
  const { stderr } = await elbow(["report", folder.write("t.csv", csv)]);
  assert.match(stderr, /column "ground truth" is trained on, .* \(--label "ground truth"\)\n/);
});

Deno.test("score --out --explain shows why the strangest flagged rows were flagged, as the file says", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(300, { anomalies: 6 })),
    model = folder.at("m"),
    out = folder.at("s.csv");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const { stdout } = await elbow(["score", model, data, "--explain", "2", "--out", out]);
  const rows = Deno.readTextFileSync(out).trim().split("\n").slice(1);
  const want = rows.sort((a, b) => +b.split(",")[1] - +a.split(",")[1]).slice(0, 10).flatMap((
    row,
  ) => /"(.*)"$/.exec(row)?.[1].split("; ") ?? row.split(",")[4].replaceAll(";", ", "));
  const header = stdout.split("\n")[1], start = header.indexOf("columns to blame");
  const shown = stdout.trimEnd().split("\n").slice(2).map((line) => line.slice(start));
  assert.deepEqual(shown, want);
  assert.match(shown[0], /^[a-d] .*, expected .* \(.* to .*\)$/);
});

Deno.test("an explanation leaves out cells that are as the others let expect, unless there are no others", () => {
  const size = { column: "size", nats: 9, value: 5, expected: 2, interval: [1, 3] } as const;
  const town = { column: "town", nats: 4, value: "Bern", expected: "Bern", probability: 0.98 };
  const count = { column: "n", nats: 2, value: 0, expected: 0, interval: [0, 0] } as const;
  const word = { column: "word", nats: 1, value: "w5", expected: "w5", probability: 0.2 };
  assert.equal(explanation([size, town, count]), "size 5, expected 2 (1 to 3)");
  assert.equal(
    explanation([word, town, { ...town, value: null, unseen: true }]),
    "word w5, 20 % likely, and no other value more; town holds a new or rare value, expected Bern (98 % likely)",
  );
  const asExpected = "as expected from the other cells: the row as a whole is unusual";
  assert.equal(explanation([town, count]), `town Bern and n 0, ${asExpected}`);
  assert.equal(explanation([town]), `town Bern, ${asExpected}`);
  assert.equal(explanation([]), "");
  const row = { row: 7, score: 9, pValue: 0.01, anomaly: true, topColumns: ["size", "town"] };
  assert.equal(
    strangestTable([{ ...row, blamed: [size, word] }]),
    `The strangest rows
row  score  p-value  anomaly  columns to blame
  7  9.000    0.010      yes  size 5, expected 2 (1 to 3)
                              word w5, 20 % likely, and no other value more
`,
  );
});

Deno.test("an explanation writes times without zeros at their end", () => {
  const of = (value: string) => explanation([{ column: "when", nats: 3, value, expected: null }]);
  assert.equal(of("2024-01-05T00:00:00.000Z"), "when 2024-01-05");
  assert.equal(of("2024-01-05T10:00:00.000Z"), "when 2024-01-05T10:00");
  assert.equal(of("2024-01-05T00:00:07.000Z"), "when 2024-01-05T00:00:07");
  assert.equal(of("2024-01-05T10:14:33.250Z"), "when 2024-01-05T10:14:33.250Z");
});
