/**
 * Reports on a table before training. Oracles: tables made with known properties, and for the active units a linear VAE
 * trained on the table.
 */
import assert from "node:assert/strict";
import { reportData, VAE } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { readCsv } from "../../src/formats/mod.ts";
import { spectrumOf } from "../../src/detection/columns/spectrum.ts";
import { standardizationOf, standardize } from "../../src/scoring/table/standardize.ts";
import { elbow, Folder } from "../cli/util.ts";
import { cellsOf } from "../util/data.ts";

/** Rows with `columns` columns that depend on `hidden` causes, and noise. */
function causes(rows: number, columns: number, hidden: number, seed: number, noise: number) {
  const random = new HostRandom(seed, 0, 11);
  const weights = Array.from({ length: hidden * columns }, () => normal(random));
  return Array.from({ length: rows }, () => {
    const z = Array.from({ length: hidden }, () => normal(random));
    return Array.from(
      { length: columns },
      (_, c) =>
        z.reduce((sum, each, l) => sum + each * weights[l * columns + c], noise * normal(random)),
    );
  });
}

function standardized(rows: number[][]) {
  const cells = cellsOf(rows);
  return standardize(cells, standardizationOf(cells, rows[0].length));
}

Deno.test("spectrumOf() predicts the active units of a linear VAE of unit variance", async () => {
  const counts = new Set<number>();
  for (const [hidden, beta] of [[0, 1.3], [1, 1.3], [3, 1.3], [3, 3]]) {
    const x = standardized(causes(600, 8, hidden, 40 + hidden, 0.5));
    const { activeUnits, eigenvalues } = spectrumOf(x, beta);
    const vae = VAE.create({
      inputs: 8,
      encoder: { hidden: [], activation: "identity" },
      decoder: { hidden: [], activation: "identity" },
      latent: [{ size: 4 }],
      likelihood: { type: "gaussian", variance: 1 },
    }, { seed: 1 });
    await vae.fit(x, {
      epochs: 150,
      batchSize: 100,
      seed: 1,
      objective: { type: "elbo", beta },
      optimizer: { type: "adam", learningRate: 0.01, decay: "cosine" },
    });
    const { activeUnits: trained } = await vae.evaluate(x, { samples: 1 });
    // The mean of an active dimension has variance 1 - β / λ. Eigenvalues near β are left out: training takes too long
    // to decide them.
    assert.ok(eigenvalues.every((each) => Math.abs(each - beta) > 0.15), `${eigenvalues}`);
    assert.equal(activeUnits, trained, `${hidden} causes, β = ${beta}: ${eigenvalues}`);
    counts.add(activeUnits);
  }
  assert.ok(counts.has(0) && counts.size >= 3, `${[...counts]}`);
});

Deno.test("spectrumOf() does not take noise for structure: 100 tables of independent columns", () => {
  let wrong = 0;
  for (let seed = 0; seed < 100; seed++) {
    if (spectrumOf(standardized(causes(200, 10, 0, 500 + seed, 1))).activeUnits > 0) wrong++;
  }
  // The limit is where the largest eigenvalue of noise lies asymptotically; by the Tracy-Widom distribution about a
  // sixth of the tables exceed it.
  assert.ok(wrong <= 30, `${wrong} of 100`);
});

Deno.test("reportData() finds constants, duplicates, missing cells, tails and identifiers", () => {
  const rows = causes(300, 2, 1, 3, 0.1).map(([a, b], r) => ({
    id: `u${r}`,
    a: r === 9 ? 500 : a,
    b,
    copy: b,
    fixed: 7,
    half: r % 2 === 0 ? null : a,
    kind: "xyz"[r % 3],
  }));
  const { duplicateRows, columns, spectrum, warnings } = reportData(rows);
  const of = (name: string) => columns.find((each) => each.name === name)!;
  assert.equal(duplicateRows, 0);
  assert.equal(reportData([...rows, ...rows.slice(0, 5)]).duplicateRows, 5);
  assert.deepEqual([of("a").outlying, of("a").largest, of("b").outlying], [1, 500, 0]);
  assert.equal(of("half").missing, 0.5);
  assert.deepEqual([of("fixed").distinct, of("kind").distinct, of("kind").outlying], [1, 3, 0]);
  assert.ok(spectrum!.activeUnits >= 1, "one cell of 500 does not hide the correlation");
  const all = warnings.join("\n");
  for (const name of ["fixed", "id", "copy"]) assert.match(all, new RegExp(`"${name}"`));
  assert.match(all, /only 300 rows: the false-alarm rate may differ/);
});

Deno.test("elbow report describes a table, and warns of what will not work", async () => {
  using folder = new Folder();
  const text = causes(200, 3, 0, 8, 1).map((row) => row.map((x) => x.toFixed(4)).join()).join("\n");
  const data = folder.write("t.csv", `first,second,third\n${text}\n`);
  const { status, stdout, stderr } = await elbow(["report", data]);
  assert.equal(status, 0, stderr);
  assert.match(stdout, /^column +kind +missing +distinct +least +median +largest +outlying$/m);
  assert.match(stdout, /^second +numeric +- +\d+ +-[\d.]+ +-?[\d.]+ +[\d.]+ +-$/m);
  assert.match(
    stderr,
    /the columns are not linearly correlated: .* each column is scored by itself/,
  );
  const json = JSON.parse((await elbow(["report", data, "--json"])).stdout);
  assert.equal(json.spectrum.activeUnits, 0);
  assert.equal(json.columns.length, 3);
});

Deno.test("elbow report shows times, and whole numbers with all their digits", async () => {
  using folder = new Folder();
  const start = Date.UTC(2024, 0, 3), day = 86_400_000;
  const lines = Array.from({ length: 20 }, (_, r) => {
    const [date, time] = new Date(start + r * day + r * 90_061_000).toISOString().split("T");
    return `${date.split("-").reverse().join(".")} ${time.slice(0, 8)},${10_005_973 + r * r},${
      (99_980.5 + r).toFixed(2)
    }`;
  });
  const data = folder.write("t.csv", ["when,id,amount", ...lines, ""].join("\n"));
  const { stdout } = await elbow(["report", data]);
  assert.match(
    stdout,
    /^when +timestamp +- +20 +2024-01-03 +2024-01-21T09:09:09 +2024-02-10T19:19:19 /m,
  );
  assert.match(stdout, /^id +count +- +20 +10005973 +10006054 +10006334 /m);
  assert.match(stdout, /^amount +numeric +- +20 +99980.5 +99989.5 +99999.5 /m);
  assert.match(
    (await elbow(["report", folder.write("t.csv", "a,b\n1,2\n")])).stderr,
    /only 1 row: training needs at least 10/,
  );
});

Deno.test("a last row of totals is named, and one that is merely large is not", () => {
  const rows = causes(60, 2, 1, 4, 0.3).map(([a, b], r) => [100 + 9 * a, 100 + b, r % 7]);
  const sums = [0, 1, 2].map((c) => rows.reduce((sum, row) => sum + row[c], 0));
  const warned = (last: readonly (number | string | null)[], table: typeof rows = rows) =>
    reportData([...table, last]).warnings.filter((each) => each.includes("last row"));
  assert.deepEqual(warned([sums[0] + 0.02, 99, null]), [
    'the last row has the sum of all others in column "x0": delete it if it holds totals',
  ]);
  assert.match(warned(sums)[0], /in columns "x0", "x1", "x2"/);
  assert.deepEqual(warned([2 * sums[0], 99, 3]), []);
  // A single one, twice, is no sum.
  assert.deepEqual(warned([99, 99, 1], rows.map(([a, b], r) => [a, b, Number(r === 3)])), []);
  const german = [
    "price;n",
    ...rows.map(([a, , n]) => `1.${a.toFixed(2).replace(".", ",").padStart(6, "0")};${n}`),
  ];
  const total = rows.reduce((sum, [a]) => sum + 1000 + Number(a.toFixed(2)), 0);
  const table = readCsv([...german, `${total.toFixed(2).replace(".", ",")};`, ""].join("\n"), {
    cells: "any",
  });
  assert.match(reportData(table).warnings.join("\n"), /the sum of all others in column "price"/);
});

Deno.test("numbers named like identifiers are named, unless they repeat, rise, or are declared", () => {
  const random = new HostRandom(5, 0, 11);
  const numbers = Array.from(
    { length: 60 },
    (_, r) => 10_000_000 + 1000 * random.below(1e4) + r,
  );
  const warned = (
    name: string,
    id: (r: number) => number,
    declared: "count" | undefined = undefined,
  ) => {
    const rows = numbers.map((_, r) => ({ [name]: id(r), x: r * r % 17 }));
    const schema = declared && [{ name, kind: declared }];
    return reportData(rows, { schema }).warnings.filter((each) => each.includes("identifier"));
  };
  for (
    const name of ["id", "customer_id", "orderId", "Kundennr", "Account No.", "phone"]
  ) {
    assert.deepEqual(warned(name, (r) => numbers[r]), [
      `column "${name}" has a different number in every row and is named like an identifier: it counts as a size unless it is left out`,
    ]);
  }
  for (const name of ["paid", "void", "monkey", "piano", "spend"]) {
    assert.deepEqual(warned(name, (r) => numbers[r]), []);
  }
  assert.deepEqual(warned("id", (r) => numbers[r % 50]), []);
  assert.deepEqual(warned("id", (r) => 7 * r), []);
  assert.deepEqual(warned("id", (r) => numbers[r], "count"), []);
});

Deno.test("a label of a row of totals is named as one", () => {
  const rows = Array.from({ length: 40 }, (_, r) => ({ n: `${r % 7}`, x: r % 5 }));
  const table = (label: string) => () => reportData([...rows, { n: label, x: 80 }]);
  for (const label of ["Total", "Grand total:", "Summe", "Subtotal"]) {
    assert.throws(
      table(label),
      /row 41, column "n": .*\(delete the row if it holds totals\), got /,
    );
  }
  assert.throws(table("Summer"), /leave the cell empty/);
});
