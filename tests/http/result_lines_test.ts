/** Lines of a scored file as JSON, made from the CSV that the library writes. Oracle: the record that was written. */
import assert from "node:assert/strict";
import { csvLine } from "../../src/formats/csv/csv_line.ts";
import { resultLines } from "../../src/http/jobs/result_lines.ts";
import { HEADER } from "../../src/scoring/verdict_lines.ts";

Deno.test("column names survive whatever their characters, in pieces of any length", () => {
  const names = [
    "",
    "a",
    "a;b",
    'say "x"',
    "a,b",
    "two\nlines\n",
    '"',
    '"\n"',
    "größe;\u{1f9a9}",
    '1,2,3,true,"x"\n',
  ];
  const scores = [1.5, -0.25, 1e-7, 1e21, 123456.789];
  const verdicts = [true, false, "uncertain"];
  const records = names.map((name, i) =>
    [i + 1, scores[i % scores.length], 0.01, verdicts[i % verdicts.length], name] as const
  );
  const csv = new TextEncoder().encode([HEADER, ...records].map((each) => csvLine(each)).join(""));
  for (const piece of [1, 2, 3, 7, 64, csv.length]) {
    const lines = [...resultLines(csv, piece)].join("").trimEnd().split("\n");
    const rows = lines.map((line) => Object.entries(JSON.parse(line)));
    assert.deepEqual(
      rows,
      records.map((each) => each.map((cell, i) => [HEADER[i], cell])),
      `${piece}`,
    );
  }
  assert.deepEqual([...resultLines(new TextEncoder().encode(csvLine(HEADER)))], []);
});
