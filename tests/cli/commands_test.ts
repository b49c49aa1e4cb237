/** The results of each command, against the library called directly and against what the command reports. */
import assert from "node:assert/strict";
import { Detector, TrainedVae } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, tableCsv } from "./util.ts";

const DATA = tableCsv(150, { anomalies: 8, label: true });

/** A folder with `t.csv`, its label in "kind", and `m.safetensors` trained on it. */
async function trained(...more: string[]) {
  const folder = new Folder();
  const data = folder.write("t.csv", DATA);
  const model = folder.at("m.safetensors");
  const json = await elbowOk(
    "train",
    data,
    "--label",
    "kind",
    "--out",
    model,
    ...QUICK,
    ...more,
    "--json",
  );
  return {
    folder,
    data,
    model,
    result: JSON.parse(json),
    [Symbol.dispose]: () => folder[Symbol.dispose](),
  };
}

function tableOf(csv: string) {
  const table = readTable("t.csv", new TextEncoder().encode(csv), { label: "kind" });
  return { ...table, matrix: { data: table.data, shape: [table.rows, 4] as const } };
}

Deno.test("elbow train writes the file that Detector.fit() gives, and reports it", async () => {
  using run = await trained("--seed", "5", "--validation", "0.1");
  const { matrix, columns } = tableOf(DATA);
  const detector = await Detector.fit(matrix, {
    columns,
    epochs: 3,
    hidden: [8],
    latent: 2,
    seed: 5,
    validation: 0.1,
  });
  assert.deepEqual(Deno.readFileSync(run.model), detector.save());
  const { result } = run;
  const last = detector.report!.history[2];
  assert.equal(result.elbo, last.elbo);
  assert.equal(result.reconstruction, -last.reconstruction);
  assert.equal(result.kl, last.kl);
  assert.equal(result.validationElbo, last.validationElbo);
  assert.deepEqual(result.columns, ["a", "b", "c", "d"]);
  assert.equal(result.rows, 150);
  assert.equal(result.trainingRows + result.calibrationRows, 150);
  assert.equal(result.history.length, 3);
  assert.equal(result.label.anomalies, 8);
  assert.ok(result.label.auroc >= 0 && result.label.auroc <= 1);
  assert.deepEqual(run.folder.names(), ["m.safetensors", "t.csv"]);
});

Deno.test("elbow train passes every option to the model and the run", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const out = folder.at("m");
  const train = async (...more: string[]) => {
    await elbowOk("train", data, "--out", out, ...more);
    const { spec, columns, falseAlarmRate } = JSON.parse(await elbowOk("inspect", out, "--json"));
    return { spec, columns, falseAlarmRate, bytes: Deno.readFileSync(out) };
  };
  const plain = await train(...QUICK);
  assert.deepEqual(plain.spec.encoder.hidden, [8]);
  assert.equal(plain.spec.latent[0].size, 2);
  assert.deepEqual((await train(...QUICK, "--hidden", "7,5")).spec.decoder.hidden, [5, 7]);
  const chosen = await train(...QUICK, "--columns", "d, a");
  assert.deepEqual(chosen.columns.map(({ name }: { name: string }) => name), ["d", "a"]);
  assert.equal((await train(...QUICK, "--false-alarm-rate", "0.1")).falseAlarmRate, 0.1);
  assert.deepEqual((await train(...QUICK, "--seed", "0")).bytes, plain.bytes);
  for (
    const [flag, value] of [
      ["--seed", "1"],
      ["--beta", "0.5"],
      ["--samples", "2"],
      ["--objective", "iwae"],
      ["--objective", "renyi"],
      ["--estimator", "stl"],
      ["--free-bits", "0.5"],
      ["--epochs", "4"],
      ["--batch-size", "32"],
      ["--learning-rate", "0.01"],
      ["--validation", "0.2"],
      ["--backend", "reference"],
    ]
  ) {
    const { bytes } = await train(...QUICK, flag, value);
    assert.notDeepEqual(bytes, plain.bytes, `${flag} changes the parameters`);
  }
  const small = await train(...QUICK, "--batch-size", "20");
  const tc = await train(...QUICK, "--batch-size", "20", "--objective", "betaTc", "--beta", "4");
  assert.notDeepEqual(tc.bytes, small.bytes);
  // Stating a default explicitly changes nothing.
  const said = [
    "--learning-rate",
    "0.005",
    "--beta",
    "1",
    "--samples",
    "1",
    "--objective",
    "elbo",
    "--threads",
    "1",
  ];
  assert.deepEqual((await train(...QUICK, ...said, "--likelihood", "gaussian")).bytes, plain.bytes);
});

Deno.test("elbow train --patience stops early, and keeps the best epoch", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const more = [
    "--validation",
    "0.3",
    "--patience",
    "2",
    "--epochs",
    "400",
    "--learning-rate",
    "0.05",
  ];
  const json = await elbowOk(
    "train",
    data,
    "--out",
    folder.at("m"),
    "--hidden",
    "32",
    ...more,
    "--json",
  );
  const { stoppedEarly, epoch, history } = JSON.parse(json);
  assert.equal(stoppedEarly, true);
  assert.equal(epoch, history.length - 2);
});

Deno.test("elbow train --likelihood bernoulli takes probabilities", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: 80 }, (_, r) => `${r % 2},${(r >> 1) % 2},${r % 2}`);
  const data = folder.write("bits.csv", `p,q,r\n${lines.join("\n")}\n`);
  const out = folder.at("m");
  await elbowOk("train", data, "--out", out, ...QUICK, "--likelihood", "bernoulli");
  const drawn = cellsOf(await elbowOk("sample", out, "--count", "20")).slice(1).flat();
  assert.ok(drawn.every((cell) => cell === "0" || cell === "1"));
});

Deno.test("elbow score writes the verdicts of TableScorer.score()", async () => {
  using run = await trained();
  const detector = await Detector.load(Deno.readFileSync(run.model));
  const { matrix } = tableOf(DATA);
  const verdicts = await detector.score(matrix);
  const { stdout, stderr } = await elbow(["score", run.model, run.data]);
  const [header, ...lines] = cellsOf(stdout);
  assert.deepEqual(header, ["row", "score", "p_value", "anomaly", "top_columns"]);
  assert.equal(lines.length, 150);
  lines.forEach(([row, score, pValue, anomaly, top], r) => {
    const verdict = verdicts[r];
    assert.deepEqual([row, score, pValue, anomaly], [
      `${r + 1}`,
      `${verdict.score}`,
      `${verdict.pValue}`,
      `${verdict.anomaly}`,
    ]);
    const positive = Object.entries(verdict.contributions).filter(([, nats]) => nats > 0);
    const expected = positive.sort((a, b) => b[1] - a[1]).slice(0, 3).map(([name]) => name);
    assert.equal(top, expected.join(";"));
  });
  assert.match(stderr, /columns not in the model are ignored: "kind"/);
  assert.match(stderr, /150 rows scored, \d+ rows? flagged at a false-alarm rate of/);
});

Deno.test("elbow score takes --out, --json and --false-alarm-rate", async () => {
  using run = await trained();
  const csv = await elbowOk("score", run.model, run.data);
  const out = run.folder.at("scores.csv");
  assert.match(await elbowOk("score", run.model, run.data, "--out", out), /^The strangest rows\n/);
  assert.equal(Deno.readTextFileSync(out), csv);
  const json = await elbowOk("score", run.model, run.data, "--json", "--false-alarm-rate", "0.5");
  assert.equal(json.split("\n").length, 2, "one line");
  const { scores, rows, falseAlarmRate, anomalies } = JSON.parse(json);
  assert.deepEqual([rows, falseAlarmRate, scores.length], [150, 0.5, 150]);
  assert.equal(scores.filter(({ anomaly }: { anomaly: boolean }) => anomaly).length, anomalies);
  assert.ok(anomalies > 30);
  for (const { score, contributions } of scores) {
    const sum = Object.values(contributions as Record<string, number>).reduce((a, b) => a + b);
    assert.ok(Math.abs(sum - score) <= 1e-9 * Math.max(1, Math.abs(score)));
  }
  assert.deepEqual(run.folder.names(), ["m.safetensors", "scores.csv", "t.csv"]);
});

Deno.test("elbow score finds columns by name in CSV and JSON lines, and by position in NPY", async () => {
  using run = await trained();
  const { folder, model, data } = run;
  const scores = async (path: string) =>
    cellsOf(await elbowOk("score", model, path)).map((line) => line[1]);
  const expected = await scores(data);
  const [names, ...rows] = cellsOf(DATA);
  const jsonl = rows.map(([a, b, c, d]) => `{"d":${d},"id":7,"c":${c},"b":${b},"a":${a}}`);
  assert.deepEqual(await scores(folder.write("t.jsonl", jsonl.join("\n"))), expected);
  const arrays = rows.map((row) => `[${row.slice(0, 4)}]`);
  assert.deepEqual(await scores(folder.write("u.jsonl", arrays.join("\n"))), expected);
  const tsv = [names, ...rows].map((row) => row.slice(0, 4).reverse().join("\t"));
  assert.deepEqual(await scores(folder.write("t.tsv", tsv.join("\n"))), expected);
  const stdin = () => Promise.resolve(new TextEncoder().encode(DATA));
  const piped = await elbow(["score", model, "-"], { stdin });
  assert.deepEqual(cellsOf(piped.stdout).map((line) => line[1]), expected);
});

Deno.test("elbow score quotes column names that need quotes in CSV", async () => {
  using folder = new Folder();
  const csv = tableCsv().replace("a,b,c,d", '"a,1","b ""2""",c,d');
  const data = folder.write("t.csv", csv);
  await elbowOk("train", data, "--out", folder.at("m"), ...QUICK);
  const text = await elbowOk("score", folder.at("m"), data);
  const cells = text.split("\n").slice(1, -1).map((line) => line.split(/,(?:true|false),/)[1]);
  assert.ok(cells.every((cell) => /^("([^"]|"")*"|[cd](;[cd])*|)$/.test(cell)), cells[0]);
  assert.ok(cells.some((cell) => cell.includes("a,1")));
});

Deno.test("elbow evaluate reports the means of evaluate(), and metrics against the label", async () => {
  using run = await trained();
  const detector = await Detector.load(Deno.readFileSync(run.model));
  const { matrix } = tableOf(DATA);
  const expected = await detector.vae.evaluate(detector.standardize(matrix), {
    samples: 16,
    seed: 3,
  });
  const mean = (values: Float64Array) => values.reduce((a, b) => a + b) / values.length;
  const args = [
    "evaluate",
    run.model,
    run.data,
    "--label",
    "kind",
    "--samples",
    "16",
    "--seed",
    "3",
  ];
  const json = JSON.parse(await elbowOk(...args, "--json"));
  assert.equal(json.elbo, mean(expected.elbo));
  assert.equal(json.logLikelihood, mean(expected.logLikelihood));
  assert.ok(Math.abs(json.elbo - (json.reconstruction - json.kl)) < 1e-9 * Math.abs(json.elbo));
  assert.equal(json.samples, 16);
  assert.equal(json.label.anomalies, 8);
  assert.deepEqual(json.label, run.result.label);
  assert.deepEqual(json.klPerDimension, [...expected.klPerDimension]);
  const text = await elbowOk(...args);
  for (const name of ["ELBO", "KL", "AUROC", "Average precision", "Active units", "Flagged"]) {
    assert.match(text, new RegExp(`^ *${name} `, "m"));
  }
  assert.match(text, /Nats per row of the standardised table/);
  const without = await elbow(["evaluate", run.model, run.data]);
  assert.doesNotMatch(without.stdout, /AUROC/);
});

Deno.test("elbow encode, sample and reconstruct write the VAE's rows with the columns and units of the table", async () => {
  using run = await trained();
  const detector = await Detector.load(Deno.readFileSync(run.model));
  const { matrix, data } = tableOf(DATA);
  const { mean, logVar } = await detector.vae.encode(detector.standardize(matrix));
  const [names, ...codes] = cellsOf(await elbowOk("encode", run.model, run.data));
  assert.deepEqual(names, ["mean_0", "mean_1", "logvar_0", "logvar_1"]);
  // The text reads back as the same float32.
  const back = codes.map((row) => row.map((cell) => Math.fround(Number(cell))));
  assert.deepEqual(back.flatMap((row) => row.slice(0, 2)), [...mean.data]);
  assert.deepEqual(back.flatMap((row) => row.slice(2)), [...logVar.data]);

  const made = cellsOf(await elbowOk("reconstruct", run.model, run.data));
  assert.deepEqual(made[0], ["a", "b", "c", "d"]);
  const { centre, scale } = detector.standardization;
  const own = await detector.vae.reconstruct(detector.standardize(matrix));
  made.slice(1).flat().forEach((cell, i) => {
    const value = own.data[i] * scale[i % 4] + centre[i % 4];
    assert.ok(Math.abs(Number(cell) - value) <= 1e-8 * (scale[i % 4] + Math.abs(value)));
  });

  const sample = (...more: string[]) => elbowOk("sample", run.model, "--count", "500", ...more);
  const drawn = await sample("--seed", "2");
  assert.equal(await sample("--seed", "2"), drawn);
  assert.notEqual(await sample(), drawn);
  const rows = cellsOf(drawn).slice(1);
  assert.equal(rows.length, 500);
  // In the units of the table: the mean of the sample is within a standard deviation of the column's.
  for (let c = 0; c < 4; c++) {
    const average = rows.reduce((sum, row) => sum + Number(row[c]) / 500, 0);
    assert.ok(Math.abs(average - centre[c]) < scale[c]);
  }
  assert.equal(data.length, 600);
});

Deno.test("elbow encode, sample and reconstruct write --out files and --json objects", async () => {
  using run = await trained();
  const { folder, model, data } = run;
  for (
    const [name, args] of [["encode", [data]], ["reconstruct", [data]], ["sample", [
      "--count",
      "7",
    ]]] as const
  ) {
    const csv = await elbowOk(name, model, ...args);
    assert.equal(await elbowOk(name, model, ...args, "--out", folder.at("x.csv")), "");
    assert.equal(Deno.readTextFileSync(folder.at("x.csv")), csv);
    const json = JSON.parse(await elbowOk(name, model, ...args, "--json"));
    const lines = cellsOf(csv);
    assert.deepEqual(json.columns, lines[0]);
    assert.equal(json.rows, lines.length - 1);
    const rows = name === "encode"
      ? json.mean.map((mean: number[], r: number) => [...mean, ...json.logVar[r]])
      : json.values;
    assert.deepEqual(rows.map((row: number[]) => row.map(String)), lines.slice(1));
  }
});

Deno.test("the commands work with a bare VAE, which has no columns and no calibration", async () => {
  using run = await trained();
  const { folder, data } = run;
  const { vae } = await Detector.load(Deno.readFileSync(run.model));
  const path = folder.write("bare.safetensors", vae.save());
  const rows = cellsOf(DATA).slice(1).map((row) => `[${row.slice(0, 4)}]`);
  const table = folder.write("t.jsonl", rows.join("\n"));
  const { stdout, stderr } = await elbow(["score", path, table]);
  const bare = await TrainedVae.load(vae.save());
  const expected = await bare.score(tableOf(DATA).matrix);
  assert.deepEqual(
    cellsOf(stdout).slice(1),
    Array.from(expected, (score, r) => [`${r + 1}`, `${score}`, "", "", ""]),
  );
  assert.match(stderr, /a bare VAE has no p-values/);
  const sample = cellsOf(await elbowOk("sample", path, "--count", "2"));
  assert.deepEqual(sample[0], ["x0", "x1", "x2", "x3"]);
  assert.equal(
    JSON.parse(await elbowOk("evaluate", path, data, "--label", "kind", "--json")).label.anomalies,
    8,
  );
  assert.equal(JSON.parse(await elbowOk("inspect", path, "--json")).kind, "vae");
  const flagged = await elbow(["score", path, table, "--false-alarm-rate", "0.1"]);
  assert.equal(flagged.status, 2);
  assert.match(flagged.stderr, /bare VAE without calibration/);
});

Deno.test("elbow inspect describes a detector", async () => {
  using run = await trained();
  const text = await elbowOk("inspect", run.model);
  assert.match(text, /^Kind +detector$/m);
  assert.match(text, /^Encoder +4 - 8 - 2, \w+$/m);
  const json = JSON.parse(await elbowOk("inspect", run.model, "--json"));
  const { centre } = (await Detector.load(Deno.readFileSync(run.model))).standardization;
  assert.deepEqual(json.columns.map(({ centre }: { centre: number }) => centre), [...centre]);
  assert.ok(json.tensors.some(({ name }: { name: string }) => name === "table.calibration"));
});
