/**
 * `elbow train --spec FILE`: any member of the family from the command line, and what the other commands do with its
 * file. Oracle: the library's own fit of the same specification to the same rows, byte for byte.
 */
import assert from "node:assert/strict";
import { type FitOptions, type ModelSpecInput, VAE } from "../../mod.ts";
import { createApp } from "../../src/http/mod.ts";
import { defaultTraining } from "../../src/detection/defaults.ts";
import { planeRows } from "../util/data.ts";
import { cellsOf, csvOf, elbowOk, Folder, refused } from "./util.ts";

const INPUTS = 4, ROWS = 40;
const REAL = planeRows(ROWS, INPUTS, 3).map((row) => row.map(Math.fround));
const BINARY = REAL.map((row) => row.map((value) => Number(value > 0)));
const CONDITION = REAL.map((_, r) => [r % 2, r % 3]);
const network = { hidden: [5], activation: "tanh" } as const;
const networks = { encoder: network, decoder: network };
const bernoulli = { likelihood: { type: "bernoulli" } } as const;
const above = { encoder: network, decoder: network };

interface Member {
  readonly spec: Omit<ModelSpecInput, "inputs">;
  readonly objective?: FitOptions["objective"];
  readonly rows?: readonly (readonly number[])[];
}

const categorical = { type: "categorical", variables: 2, classes: 3 } as const;

const MEMBERS: Readonly<Record<string, Member>> = {
  "a full covariance": { spec: { latent: [{ size: 2, posterior: "full" }] } },
  flows: {
    spec: { latent: [{ size: 2, flows: [{ type: "planar" }, { type: "iaf" }] }], ...networks },
  },
  "two layers under iwae": {
    spec: { latent: [{ size: 3 }, { size: 2, ...above }], ...networks },
    objective: { type: "iwae", samples: 3 },
  },
  "a ladder": { spec: { latent: [{ size: 3 }, { size: 2, ...above }], inference: "ladder" } },
  "a mixture prior": { spec: { latent: [{ size: 2 }], prior: { type: "mixture", components: 3 } } },
  VampPrior: { spec: { latent: [{ size: 2 }], prior: { type: "vamp", components: 3 } } },
  "Student's distribution": { spec: { latent: [{ size: 2 }], likelihood: { type: "studentT" } } },
  "relaxed classes": { spec: { latent: [categorical], ...bernoulli }, rows: BINARY },
  "hard classes": {
    spec: { latent: [{ ...categorical, relaxation: "none" as const }], ...bernoulli },
    objective: { type: "reinforce", samples: 2 },
    rows: BINARY,
  },
  "beta-TC": { spec: { latent: [{ size: 2 }] }, objective: { type: "betaTc", beta: 3 } },
  denoising: {
    spec: { latent: [{ size: 2 }] },
    objective: { type: "elbo", corruption: { type: "mask", probability: 0.2 } },
  },
};

/** What the command line does, by the library: the file's column names belong to the specification. */
async function fitted(spec: ModelSpecInput, rows: Member["rows"], options: FitOptions) {
  const width = spec.inputs + (spec.classifier ? 1 : spec.condition ?? 0);
  const columns = Array.from({ length: width }, (_, c) => `k${c}`);
  const vae = VAE.create({ columns, ...spec }, { seed: 5 });
  const matrix = rows!.map((row) => [...row]);
  await vae.fit(matrix, { ...defaultTraining(ROWS, 16), epochs: 2, seed: 5, ...options });
  return vae;
}

const QUICK = ["--epochs", "2", "--seed", "5", "--batch-size", "16"];

for (const [name, { spec, objective, rows = REAL }] of Object.entries(MEMBERS)) {
  Deno.test(`elbow train --spec fits ${name} as the library does`, async () => {
    using folder = new Folder();
    const data = folder.write("t.csv", csvOf(rows)), out = folder.at("m.safetensors");
    const stated = folder.write("spec.json", JSON.stringify(spec));
    const more = objective ? ["--objective", JSON.stringify(objective)] : [];
    await elbowOk("train", data, "--spec", stated, "--out", out, ...QUICK, ...more);
    const vae = await fitted({ inputs: INPUTS, ...spec }, rows, objective ? { objective } : {});
    assert.deepEqual(Deno.readFileSync(out), vae.save());

    const scores = cellsOf(await elbowOk("score", out, data)).slice(1).map(([, score]) => score);
    assert.deepEqual(scores.map(Number), [...await vae.score(rows.map((row) => [...row]))]);
    const evaluated = JSON.parse(await elbowOk("evaluate", out, data, "--samples", "3", "--json"));
    assert.ok(Number.isFinite(evaluated.logLikelihood));
    assert.equal(cellsOf(await elbowOk("sample", out, "--count", "3")).length, 4);
    assert.equal(cellsOf(await elbowOk("reconstruct", out, data)).length, ROWS + 1);
    assert.match(await elbowOk("inspect", out), /Kind +vae\n/);
    const app = createApp({ models: { m: await VAE.load(Deno.readFileSync(out)) } });
    const request = { method: "POST", headers: { "content-type": "application/json" } };
    const body = JSON.stringify({ rows });
    const answer = await app.request("/v1/models/m/score", { ...request, body });
    const served = (await answer.json()).rows.map(({ score }: { score: number }) => score);
    assert.deepEqual(served, scores.map(Number));
    vae.dispose();
  });
}

Deno.test("elbow train --spec takes a condition after the data, and so do the other commands", async () => {
  using folder = new Folder();
  const whole = REAL.map((row, r) => [...row, ...CONDITION[r]]);
  const data = folder.write("t.csv", csvOf(whole)), out = folder.at("m.safetensors");
  const spec = { condition: 2, latent: [{ size: 2 }] };
  const stated = folder.write("spec.json", JSON.stringify(spec));
  await elbowOk("train", data, "--spec", stated, "--out", out, ...QUICK);
  const options = { condition: CONDITION };
  const vae = await fitted({ inputs: INPUTS, ...spec }, REAL, options);
  assert.deepEqual(Deno.readFileSync(out), vae.save());
  const evaluated = JSON.parse(await elbowOk("evaluate", out, data, "--samples", "4", "--json"));
  const { elbo } = await vae.evaluate(REAL, { ...options, samples: 4 });
  assert.equal(evaluated.elbo, elbo.reduce((a, b) => a + b) / ROWS);
  const made = cellsOf(await elbowOk("reconstruct", out, data));
  assert.deepEqual(made[0], ["k0", "k1", "k2", "k3"]);
  assert.equal(cellsOf(await elbowOk("encode", out, data)).length, ROWS + 1);
  assert.match(
    await refused("score", out, folder.write("x.csv", csvOf(REAL))),
    /expected the model's columns "k4", "k5"/,
  );
  const columns = "k4,k0,k1,k2,k3,k5";
  const reordered = folder.at("r.safetensors");
  await elbowOk(
    "train",
    data,
    "--spec",
    stated,
    "--out",
    reordered,
    ...QUICK,
    "--columns",
    columns,
  );
  assert.notDeepEqual(Deno.readFileSync(reordered), Deno.readFileSync(out));
  vae.dispose();
});

Deno.test("elbow train --spec takes classes for a classifier, -1 if they are missing", async () => {
  using folder = new Folder();
  const labels = REAL.map((_, r) => r % 4 === 0 ? r % 3 : -1);
  const data = folder.write("t.csv", csvOf(REAL.map((row, r) => [...row, labels[r]])));
  const spec = { condition: 3, classifier: network, latent: [{ size: 2 }] };
  const stated = folder.write("spec.json", JSON.stringify(spec)), out = folder.at("m");
  await elbowOk("train", data, "--spec", stated, "--out", out, ...QUICK);
  const options = { labels, objective: undefined };
  const vae = await fitted({ inputs: INPUTS, ...spec }, REAL, options);
  assert.deepEqual(Deno.readFileSync(out), vae.save());
  const { data: probabilities } = await vae.classify(REAL);
  const best = REAL.map((_, r) => {
    const row = [...probabilities.slice(3 * r, 3 * r + 3)];
    return row.indexOf(Math.max(...row));
  });
  const plain = folder.write("x.csv", csvOf(REAL));
  for (const table of [data, plain]) {
    const [header, ...rows] = cellsOf(await elbowOk("classify", out, table));
    assert.deepEqual(header, ["class", "class_0", "class_1", "class_2"]);
    assert.deepEqual(rows.map(([of]) => Number(of)), best);
    const cells = rows.flatMap(([, ...row]) => row.map((cell) => Math.fround(Number(cell))));
    assert.deepEqual(cells, [...probabilities]);
  }
  const app = createApp({ models: { m: await VAE.load(Deno.readFileSync(out)) } });
  const answer = await app.request("/v1/models/m/classify", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: REAL }),
  });
  const { columns, rows } = await answer.json();
  assert.deepEqual(columns, ["class0", "class1", "class2"]);
  assert.deepEqual(rows.flat(), [...probabilities]);
  assert.match(
    await refused("classify", out, folder.write("n.csv", "a,b\n1,2\n")),
    /n\.csv: expected the model's columns "k0", "k1", "k2", "k3"/,
  );
  const wrong = folder.write("w.csv", csvOf(REAL.map((row) => [...row, 3])));
  assert.match(
    await refused("train", wrong, "--spec", stated, "--out", out),
    /row 1: expected a class from 0 to 2/,
  );
  vae.dispose();
});

Deno.test("elbow train --spec with a classifier: all options of the objective have the effect they have in the library", async () => {
  using folder = new Folder();
  const labels = REAL.map((_, r) => r % 4 === 0 ? r % 3 : -1);
  const data = folder.write("t.csv", csvOf(REAL.map((row, r) => [...row, labels[r]])));
  const spec = { condition: 3, classifier: network, latent: [{ size: 2 }] };
  const stated = folder.write("spec.json", JSON.stringify(spec)), out = folder.at("m");
  const type = "semiSupervised" as const;
  const told: [more: string[], options: FitOptions][] = [
    [["--objective", type], {}],
    [["--beta", "50"], { objective: { type, beta: 50 } }],
    [["--samples", "7"], { objective: { type, samples: 7 } }],
    [["--alpha", "3"], { objective: { type, alpha: 3 } }],
    [["--objective", '{"beta":2}', "--alpha", "3"], { objective: { type, beta: 2, alpha: 3 } }],
    [["--labelled-share", "0.5"], { labelledShare: 0.5 }],
  ];
  const files = new Set<string>();
  for (const [more, options] of told) {
    await elbowOk("train", data, "--spec", stated, "--out", out, ...QUICK, ...more);
    const vae = await fitted({ inputs: INPUTS, ...spec }, REAL, {
      labels,
      objective: undefined,
      ...options,
    });
    assert.deepEqual(Deno.readFileSync(out), vae.save(), more.join(" "));
    files.add(vae.save().join());
    vae.dispose();
  }
  assert.equal(files.size, told.length, "each changes what is trained");
  for (const more of [["--free-bits", "2"], ["--estimator", "stl"], ["--objective", "elbo"]]) {
    assert.match(
      await refused("train", data, "--spec", stated, "--out", out, ...more),
      /objective: unknown key "(freeBits|estimator)"|objective.type: expected "semiSupervised"/,
    );
  }
});

Deno.test("elbow train refuses options that only a detector, or only a specification, has", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(REAL)), out = folder.at("m");
  const stated = folder.write("spec.json", '{ "latent": [{ "size": 1 }] }');
  const ofDetector: [flag: string, value: string][] = [
    ["--column", "k0=categorical"],
    ["--schema", stated],
    ["--preset", "small"],
    ["--members", "3"],
    ["--latent", "2"],
    ["--window", "5"],
    ["--hidden", "8"],
    ["--likelihood", "laplace"],
    ["--false-alarm-rate", "0.1"],
    ["--weights-format", "f16"],
  ];
  for (const [flag, value] of ofDetector) {
    assert.match(
      await refused("train", data, "--spec", stated, "--out", out, flag, value),
      new RegExp(`option '--spec <file>' cannot be used with '${flag} <`),
    );
  }
  for (const given of [["--binarize"], ["--labelled-share", "0.2"]]) {
    assert.match(
      await refused("train", data, "--out", out, ...given),
      new RegExp(`option '${given[0]}.*' needs '--spec <file>'`),
    );
  }
  assert.match(
    await refused("train", data, "--out", out, "--preset", "small", "--members", "3"),
    /--preset small takes no --members/,
  );
  assert.deepEqual(folder.names(), ["spec.json", "t.csv"]);
});

Deno.test("elbow train --spec --binarize draws zeros and ones anew in each epoch", async () => {
  using folder = new Folder();
  const grey = REAL.map((row) => row.map((value) => Math.fround(1 / (1 + Math.exp(-value)))));
  const data = folder.write("t.csv", csvOf(grey)), out = folder.at("m");
  const spec = { latent: [{ size: 2 }], ...bernoulli };
  const stated = folder.write("spec.json", JSON.stringify(spec));
  await elbowOk("train", data, "--spec", stated, "--out", out, ...QUICK, "--binarize");
  const vae = await fitted({ inputs: INPUTS, ...spec }, grey, { binarize: true });
  assert.deepEqual(Deno.readFileSync(out), vae.save());
  vae.dispose();
});

Deno.test("an invalid specification is refused by the name of its file and field", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(REAL)), out = folder.at("m");
  const cases: [content: string, expected: RegExp][] = [
    ["{", /spec\.json: expected JSON: /],
    ["[1]", /spec\.json: expected a model specification, a JSON object/],
    ["{}", /spec\.json: spec\.latent/],
    ['{ "latents": [] }', /spec\.json: unknown key "latents" \(known keys are inputs, /],
    ['{ "latent": [{ "size": 0 }] }', /spec\.json: spec\.latent\[0\]\.size: must be at least 1/],
    ['{ "latent": [{ "size": 1 }], "condition": "two" }', /spec\.json: spec\.condition: expected/],
    [
      '{ "inputs": 3, "latent": [{ "size": 1 }] }',
      /spec\.json: its 3 inputs and a condition of 0 need 3 columns, got 4/,
    ],
    [
      '{ "condition": 4, "latent": [{ "size": 1 }] }',
      /spec\.json: its 1 inputs and a condition of 4 need 5 columns, got 4/,
    ],
    [
      '{ "latent": [{ "size": 1 }], "likelihood": { "type": "bernoulli" } }',
      /t\.csv, row 1 \(line 2\), column "k\d": a Bernoulli likelihood needs a value from 0 to 1/,
    ],
  ];
  for (const [content, expected] of cases) {
    const stated = folder.write("spec.json", content);
    assert.match(await refused("train", data, "--spec", stated, "--out", out), expected);
  }
  const stated = folder.write("spec.json", '{ "latent": [{ "size": 1 }] }');
  const usage: [more: string[], expected: RegExp][] = [
    [["--objective", "elbow"], /Allowed choices are elbo, /],
    [["--objective", "{"], /It must be JSON/],
    [["--objective", '{"type":"iwae","beta":2}'], /unknown key "beta"/],
    [["--objective", "semiSupervised"], /objective.type: expected "elbo"/],
    [["--labelled-share", "0.2"], /labelledShare: the model has no classifier/],
    [["--checkpoint-every", "3"], /'--checkpoint-every <seconds>' needs '--checkpoint <dir>'/],
  ];
  for (const [more, expected] of usage) {
    assert.match(await refused("train", data, "--spec", stated, "--out", out, ...more), expected);
  }
  assert.match(
    await refused("train", data, "--spec", folder.at("none.json"), "--out", out),
    /Cannot read .*none\.json/,
  );
  assert.deepEqual(folder.names(), ["spec.json", "t.csv"]);
});

Deno.test("a model from a specification finds columns by name, and writes samples under these names", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", csvOf(REAL)), out = folder.at("m.safetensors");
  const spec = '{ "latent": [{ "size": 2 }] }';
  await elbowOk("train", data, "--spec", spec, "--out", out, ...QUICK);
  const order = [2, 0, 3, 1];
  const lines = [
    ["note", ...order.map((c) => `k${c}`)],
    ...REAL.map((row) => [7, ...order.map((c) => row[c])]),
  ];
  const other = folder.write("o.csv", `${lines.map((line) => line.join()).join("\n")}\n`);
  for (const command of ["score", "encode", "reconstruct"]) {
    assert.equal(await elbowOk(command, out, other), await elbowOk(command, out, data), command);
  }
  const figures = async (table: string) => {
    const { data: _, ...rest } = JSON.parse(await elbowOk("evaluate", out, table, "--json"));
    return rest;
  };
  assert.deepEqual(await figures(other), await figures(data));
  const [header] = cellsOf(await elbowOk("sample", out, "--count", "2"));
  assert.deepEqual(header, ["k0", "k1", "k2", "k3"]);
  const renamed = folder.write("r.csv", csvOf(REAL).replace("k1", "volts"));
  assert.match(
    await refused("score", out, renamed),
    /expected the model's column "k1"/,
  );
  // Rows by position, as from NPY, need no names.
  const lists = folder.write("t.jsonl", REAL.map((row) => JSON.stringify(row)).join("\n"));
  assert.equal(await elbowOk("score", out, lists), await elbowOk("score", out, data));
  const stated = '{ "latent": [{ "size": 2 }], "columns": ["k1", "k0", "k2", "k3"] }';
  assert.match(
    await refused("train", data, "--spec", stated, "--out", out),
    /spec.columns: expected the table's, k0,k1,k2,k3/,
  );
});

Deno.test("columns named x0, x1, … are found by name among others, such as a label kept out of training", async () => {
  using folder = new Folder();
  const named = csvOf(REAL).replaceAll("k", "x"), out = folder.at("m");
  const data = folder.write("t.csv", named);
  const lines = named.trimEnd().split("\n").map((line, r) =>
    [r ? r % 2 : "fault", ...line.split(",").reverse()].join()
  );
  const labelled = folder.write("l.csv", `${lines.join("\n")}\n`);
  for (const spec of ['{ "latent": [{ "size": 2 }] }', '{ "type": "ppca", "latent": 1 }']) {
    await elbowOk("train", data, "--spec", spec, "--out", out, "--epochs", "2");
    for (const command of ["score", "encode"]) {
      const want = await elbowOk(command, out, data);
      assert.equal(await elbowOk(command, out, labelled), want, `${spec} ${command}`);
    }
  }
  // Without names, any column could be the one too many.
  const wide = folder.write("w.jsonl", REAL.map((row) => JSON.stringify([...row, 1])).join("\n"));
  assert.match(await refused("score", out, wide), /expected 4 columns, as in the model, got 5/);
});

Deno.test("relatives of the VAE find columns by name too", async () => {
  using folder = new Folder();
  const rows = BINARY.map((row) => [...row, row[0]]);
  for (const spec of ['{ "type": "rbm", "hidden": 3 }', '{ "type": "ppca", "latent": 1 }']) {
    const table = spec.includes("rbm") ? rows : REAL;
    const data = folder.write("t.csv", csvOf(table)), out = folder.at("m");
    await elbowOk("train", data, "--spec", spec, "--out", out, "--epochs", "2");
    const back = table.map((row) => [...row].reverse());
    const csv = csvOf(back).replace(
      /.*\n/,
      `${table[0].map((_, c) => `k${c}`).reverse().join()}\n`,
    );
    const other = folder.write("o.csv", csv);
    assert.equal(await elbowOk("score", out, other), await elbowOk("score", out, data), spec);
  }
});
