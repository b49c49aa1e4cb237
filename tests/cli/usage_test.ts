/** Usage: unknown commands and options, and invalid values of options. */
import assert from "node:assert/strict";
import { TRAIN_OPTIONS } from "../../src/cli/train/options.ts";
import { VERSION } from "../../src/core/version.ts";
import configuration from "../../deno.json" with { type: "json" };
import { elbow, Folder, QUICK, refused, tableCsv } from "./util.ts";

Deno.test("elbow --version prints the version in deno.json", async () => {
  assert.equal(VERSION, configuration.version);
  assert.equal((await elbow(["--version"])).stdout, `${VERSION}\n`);
});

Deno.test("elbow alone shows its help, and tells a script that it did nothing", async () => {
  const { status, stdout, stderr } = await elbow([]);
  assert.deepEqual([status, stdout], [2, ""]);
  assert.match(stderr, /^Usage: elbow[^]*\btrain <data>/);
});

Deno.test("elbow refuses unknown commands, options and missing arguments", async () => {
  const cases: [readonly string[], RegExp][] = [
    [["trian"], /unknown command 'trian' \(Did you mean train\?\)\nSee elbow --help/],
    [["implode", "m"], /unknown command 'implode'/],
    [["explode", "m"], /unknown command 'explode'/],
    [["worker"], /required option '--db <file> or --nats <urls>' not specified/],
    [["train"], /missing required argument 'data'\nSee elbow train --help/],
    [["train", "t.csv"], /required option '--out <model>' not specified/],
    [["train", "t.csv", "--out"], /option '--out <model>' argument missing/],
    [["train", "t.csv", "--oot", "m"], /unknown option '--oot' \(Did you mean --out\?\)/],
    [["train", "t.csv", "u.csv", "--out", "m"], /too many arguments/],
    [["score", "m"], /missing required argument 'data'\nSee elbow score --help/],
    [["sample", "m"], /required option '--count <n>' not specified/],
    [["serve"], /required option '--models <dir>, --db <file> or --nats <urls>' not specified/],
    [["worker", "--db", "-"], /Cannot write to standard output: expected the name of a file/],
    [
      ["evaluate", "--baselines", "m", "t.csv"],
      /missing required argument 'data': --baselines took 'm' for its value: write --baselines after the files/,
    ],
    [["serve", "--models", ".", "--train"], /'--train' needs a token with the scope train/],
  ];
  for (const [args, message] of cases) assert.match(await refused(...args), message);
});

Deno.test("elbow refuses values that an option cannot have", async () => {
  const cases: [string, string, RegExp][] = [
    ["--epochs", "0", /'--epochs <n>' argument '0' is invalid. It must be at least 1/],
    ["--epochs", "ten", /It must be a whole number/],
    ["--epochs", "1.5", /It must be a whole number/],
    ["--epochs", "", /It must be a whole number/],
    ["--epochs", "0x10", /It must be a whole number/],
    ["--batch-size", "-1", /It must be at least 1/],
    ["--learning-rate", "0", /It must be above 0/],
    ["--learning-rate", "NaN", /It must be a finite number/],
    ["--learning-rate", "Infinity", /It must be a finite number/],
    ["--beta", "-0.5", /It must be at least 0/],
    ["--validation", "1", /at most 0.9/],
    ["--false-alarm-rate", "1.5", /at most 0.999999/],
    ["--false-alarm-rate", "0", /above 0/],
    ["--false-alarm-rate", "1%", /It must be a finite number: write 0.01 for 1%\n/],
    ["--learning-rate", "0,01", /It must be a finite number: write 0.01 for 0,01\n/],
    ["--learning-rate", "fast", /It must be a finite number\n/],
    ["--hidden", "64,,32", /It must be a whole number/],
    ["--hidden", "64,0", /It must be at least 1/],
    ["--columns", "a,,b", /It must be names separated by single commas/],
    ["--latent", "0", /It must be at least 1/],
    ["--samples", "0", /It must be at least 1/],
    ["--seed", "1e99", /It must be a whole number/],
    ["--threads", "0", /It must be at least 1 and at most 1024/],
    ["--backend", "cuda", /Allowed choices are auto, wasm, webgpu, reference/],
    ["--objective", "vae", /Allowed choices are elbo, iwae, renyi, betaTc/],
    ["--estimator", "vimco", /Allowed choices are standard, stl, dreg/],
    ["--estimator", "dreg", /objective.estimator: expected "standard" or "stl"/],
    ["--free-bits", "-1", /It must be at least 0/],
    ["--alpha", "0", /objective: unknown key "alpha"/],
    ["--likelihood", "cauchy", /Allowed choices are gaussian, bernoulli/],
  ];
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  for (const [flag, value, message] of cases) {
    assert.match(await refused("train", data, "--out", folder.at("m"), flag, value), message);
  }
  assert.match(
    await refused("train", "--robust", data, "--out", folder.at("m")),
    /'--robust \[share\]' argument '.*t\.csv' is invalid. It must be a number: write --robust after the files\n/,
  );
  assert.match(
    await refused("score", "--explain", "m", data),
    /'--explain \[columns\]' argument 'm' is invalid. .* write --explain after the files\n/,
  );
  const train = (...more: string[]) => refused("train", data, "--out", folder.at("m"), ...more);
  assert.match(await train("--resume"), /'--resume' needs '--checkpoint <dir>'/);
  assert.match(
    await train("--patience", "3"),
    /'--patience <epochs>' needs '--validation <share>'/,
  );
  assert.deepEqual(folder.names(), ["t.csv"]);
});

Deno.test("elbow refuses impossible output places before it starts to work", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const train = (out: string) => refused("train", data, "--out", out, ...QUICK);
  assert.match(await train(folder.path), /Cannot write .*: it is a folder/);
  assert.match(await train(folder.at("no/m")), /Cannot write .*: no folder .*\/no\//);
  assert.match(await train(data), /Cannot write .*t\.csv: it is also the input/);
  assert.match(await train(folder.at("./t.csv")), /it is also the input/);
  assert.equal(Deno.readTextFileSync(data), tableCsv());
});

Deno.test("elbow train names each option by its entry in the table of options", () => {
  for (const [name, { option }] of Object.entries(TRAIN_OPTIONS)) {
    assert.equal(option.attributeName(), name);
  }
});
