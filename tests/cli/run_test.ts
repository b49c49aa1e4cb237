/** Runs: progress, interruption, checkpoints, and output files that are complete or absent. */
import assert from "node:assert/strict";
import { Interruption, type Io } from "../../src/cli/io.ts";
import { run } from "../../src/cli/main.ts";
import { writeAtomically } from "../../src/cli/files/files.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

const LONG = ["--epochs", "100000", "--hidden", "8", "--latent", "2"];

/** What was drawn each time the line was cleared. */
function drawnLines(stderr: string): string[] {
  return stderr.split("\r\x1b[K").slice(1).map((drawn) => drawn.split("\n")[0]);
}

Deno.test("elbow train redraws its progress on a terminal", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const args = ["train", data, "--out", folder.at("m"), ...QUICK];
  const wide = await elbow(args, { isTerminal: true, columns: 200 });
  const drawn = drawnLines(wide.stderr);
  const bar = "█".repeat(20);
  assert.match(
    drawn[drawn.length - 1],
    new RegExp(`^${bar} +epoch 3/3 +ELBO -?[\\d.]+ +KL [\\d.]+ `),
  );
  assert.match(wide.stderr, /active units \d +[\d,]+ rows\/s +0:00 left\n/);
  const narrow = await elbow(args, { isTerminal: true, columns: 40 });
  for (const line of drawnLines(narrow.stderr)) assert.ok(line.length < 40, line);
  assert.match((await elbow([...args, "--json"], { isTerminal: true })).stderr, /epoch 3\/3/);
});

Deno.test("the progress of an ensemble counts the epochs of each network, as --epochs does", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const args = ["--out", folder.at("m"), "--epochs", "2", "--hidden", "8"];
  const { stderr } = await elbow(["train", data, ...args]);
  assert.match(stderr, /^network 1\/4 {2}epoch 1\/2 {2}ELBO/);
  assert.match(stderr, /\nnetwork 4\/4 {2}epoch 2\/2 {2}ELBO .* 0:00 left\n/);
});

Deno.test("elbow train prints plain lines to a pipe, and none with --json", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const args = ["train", data, "--out", folder.at("m"), ...QUICK];
  const { stderr } = await elbow(args);
  assert.match(stderr, /^epoch 1\/3 +ELBO .*\nepoch 3\/3 +ELBO .* 0:00 left\n/);
  assert.ok(!stderr.includes("\r"));
  assert.doesNotMatch((await elbow([...args, "--json"])).stderr, /epoch/);
});

Deno.test("elbow train stops at Ctrl-C with status 130, a checkpoint and no model", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const args = [
    "train",
    data,
    "--out",
    folder.at("m"),
    "--checkpoint",
    folder.at("state"),
    ...LONG,
    "--preset",
    "small",
  ];
  for (
    const [reason, status] of [[new Interruption("SIGINT"), 130], [
      new Interruption("SIGTERM"),
      143,
    ], [undefined, 130]] as const
  ) {
    const controller = new AbortController();
    const stderr = (text: string) => {
      if (text.startsWith("epoch")) controller.abort(reason);
    };
    const outcome = await elbow(args, { signal: controller.signal, stderr });
    assert.equal(outcome.status, status);
    assert.equal(outcome.stdout, "");
    assert.deepEqual(folder.names(), ["state", "t.csv"]);
  }
  const state = folder.at("state/checkpoint.safetensors");
  const { kind, counters, identity } = JSON.parse(await elbowOk("inspect", state, "--json"));
  assert.equal(kind, "checkpoint");
  assert.ok(counters.step > 0);
  assert.equal(identity.recipe.epochs, 100000);
  assert.match(await elbowOk("inspect", state), /^Epochs +\d+ of 100000$/m);
});

Deno.test("elbow train stops at Ctrl-C while it reads, even from a silent pipe", async () => {
  using folder = new Folder();
  const controller = new AbortController(), { promise, resolve } = Promise.withResolvers<void>();
  let isClosed = false;
  async function* stdinPieces() {
    try {
      for (const line of tableCsv().split("\n").slice(0, 3)) {
        yield new TextEncoder().encode(`${line}\n`);
      }
      setTimeout(() => controller.abort(), 10);
      await promise;
      yield new Uint8Array();
    } finally {
      isClosed = true;
    }
  }
  const args = ["train", "-", "--out", folder.at("m"), ...QUICK];
  const outcome = await elbow(args, { signal: controller.signal, stdinPieces });
  assert.equal(outcome.status, 130);
  assert.deepEqual(folder.names(), []);
  resolve();
  await new Promise((done) => setTimeout(done));
  assert.ok(isClosed, "what was waited for is closed once it comes");
});

/** Runs some of the epochs and interrupts them, so that the folder has a checkpoint. */
async function interrupt(args: readonly string[], ms: number): Promise<void> {
  const controller = new AbortController();
  setTimeout(() => controller.abort(), ms);
  await elbow(args, { signal: controller.signal });
}

Deno.test("elbow train --resume ends with the bytes of an uninterrupted run", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const run = ["--epochs", "2000", "--hidden", "8", "--latent", "2", "--batch-size", "16"];
  run.push("--preset", "small");
  const whole = folder.at("whole"), out = folder.at("m"), state = folder.at("state");
  await elbowOk("train", data, "--out", whole, ...run);
  const args = ["train", data, "--out", out, ...run, "--checkpoint", state, "--resume"];
  for (const ms of [0, 20, 40]) await interrupt(args, ms);
  await elbowOk(...args);
  assert.deepEqual(Deno.readFileSync(out), Deno.readFileSync(whole));
  // A finished run is not repeated; its model is written again.
  Deno.removeSync(out);
  await elbowOk(...args);
  assert.deepEqual(Deno.readFileSync(out), Deno.readFileSync(whole));
});

Deno.test("an interrupted run does not take the checkpoint of an earlier one for its own", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv()), state = folder.at("state");
  const args = ["train", data, "--out", folder.at("m"), "--checkpoint", state, ...QUICK];
  await elbowOk(...args);
  const signal = AbortSignal.abort(new Interruption("SIGINT"));
  const { status, stderr } = await elbow(args, { signal });
  assert.equal(status, 130);
  assert.doesNotMatch(stderr, /--resume continues/);
});

Deno.test("elbow train without --resume replaces a checkpoint; with it, another run's is refused", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const other = folder.write("other.csv", tableCsv(130));
  const state = folder.at("state");
  const train = (
    path: string,
    ...more: string[]
  ) => ["train", path, "--out", folder.at("m"), ...QUICK, "--checkpoint", state, ...more];
  await elbowOk(...train(data));
  Deno.removeSync(folder.at("m"));
  for (
    const [args, what] of [[train(data, "--resume", "--seed", "9"), "another recipe"], [
      train(other, "--resume"),
      "other data",
    ], [train(data, "--resume", "--latent", "3"), "another spec"]] as const
  ) {
    const line = await refused(...args);
    assert.match(
      line,
      new RegExp(
        `Cannot resume from .*checkpoint\\.safetensors: the checkpoint was made with ${what}`,
      ),
    );
  }
  assert.deepEqual(folder.names(), ["other.csv", "state", "t.csv"]);
  await elbowOk(...train(other));
  await elbowOk(...train(other, "--resume"));
  const path = `${state}/checkpoint.safetensors`;
  const bytes = Deno.readFileSync(path);
  bytes[bytes.length - 1] ^= 1;
  Deno.writeFileSync(path, bytes);
  assert.match(
    await refused(...train(other, "--resume")),
    /Cannot read .*checkpoint\.safetensors: the file is damaged/,
  );
  Deno.writeFileSync(path, Deno.readFileSync(folder.at("m")));
  assert.match(await refused(...train(other, "--resume")), /expected a checkpoint file/);
});

Deno.test("elbow train --checkpoint saves an ensemble's networks, inspect shows them, and those of others are refused", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const [whole, out, state] = ["whole", "m", "state"].map((name) => folder.at(name));
  const run = ["train", data, "--epochs", "2", "--hidden", "8", "--out"];
  await elbowOk(...run, whole);
  const kept = [...run, out, "--checkpoint", state, "--resume"];
  await elbowOk(...kept);
  assert.deepEqual(Deno.readFileSync(out), Deno.readFileSync(whole), "the same model");
  const lines = await elbowOk("inspect", `${state}/checkpoint.safetensors`);
  for (const network of [0, 1, 2, 3]) {
    assert.match(lines, new RegExp(`^Network ${network} +2 of 2 epochs, finished$`, "m"));
  }
  const cases = [["--members", "3"], ["--robust"], ["--preset", "small"], ["--seed", "9"]];
  for (const [option, ...value] of cases) {
    const line = await refused(...kept, option, ...value);
    assert.match(
      line,
      new RegExp(`Cannot resume from .*made with (?:an)?other ${option.slice(2)}: `),
    );
  }
  Deno.removeSync(out);
  await elbowOk(...kept);
  assert.deepEqual(Deno.readFileSync(out), Deno.readFileSync(whole), "again, from a finished one");
});

Deno.test("elbow train --checkpoint refuses a folder that it cannot use", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const line = await refused(
    "train",
    data,
    "--out",
    folder.at("m"),
    "--checkpoint",
    data,
    ...QUICK,
  );
  assert.match(line, /Cannot use checkpoint folder .*t\.csv/);
});

Deno.test("writeAtomically() leaves the old file and no draft if writing fails", async () => {
  using folder = new Folder();
  const path = folder.write("out.csv", "old");
  const failing = function* () {
    yield "new, in part";
    throw new RangeError("Cannot go on");
  };
  await assert.rejects(writeAtomically(path, failing()), RangeError);
  await assert.rejects(writeAtomically(folder.at("other.csv"), failing()), RangeError);
  assert.equal(Deno.readTextFileSync(path), "old");
  assert.deepEqual(folder.names(), ["out.csv"]);
  await writeAtomically(path, ["new"]);
  assert.equal(Deno.readTextFileSync(path), "new");
});

Deno.test("writeAtomically() leaves no draft if its signal is aborted between two pieces", async () => {
  using folder = new Folder();
  const controller = new AbortController(), { signal } = controller;
  const pieces = function* () {
    yield "in part";
    controller.abort(new Interruption("SIGINT"));
    yield "never";
  };
  await assert.rejects(writeAtomically(folder.at("out.csv"), pieces(), { signal }), Interruption);
  assert.deepEqual(folder.names(), []);
});

Deno.test("elbow encode leaves no file if it is interrupted while writing", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(60)), model = folder.at("m.safetensors");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const signal = AbortSignal.abort(new Interruption("SIGINT"));
  const out = folder.at("z.csv");
  assert.equal((await elbow(["encode", model, data, "--out", out], { signal })).status, 130);
  assert.deepEqual(folder.names(), ["m.safetensors", "t.csv"]);
});

Deno.test("writeAtomically() writes through links, and to devices without replacing them", async () => {
  using folder = new Folder();
  const path = folder.write("out.csv", "old");
  Deno.symlinkSync(path, folder.at("link.csv"));
  await writeAtomically(folder.at("link.csv"), ["new"]);
  assert.equal(Deno.readTextFileSync(path), "new");
  assert.ok(Deno.lstatSync(folder.at("link.csv")).isSymlink);
  if (Deno.build.os === "windows") return;
  await writeAtomically("/dev/null", ["nothing"]);
  assert.ok(Deno.statSync("/dev/null").isCharDevice);
});

Deno.test("elbow reports its own faults as such, with status 1", async () => {
  const { status, stderr } = await elbow(["doctor"], {
    stdout() {
      (undefined as unknown as { x: { y: number } }).x.y;
    },
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^elbow: Cannot read properties of undefined.*\nThis is a bug in Elbow/,
  );
  const debug = await elbow(["train", "no.csv", "--out", "m"], { debug: true });
  assert.equal(debug.status, 2);
  assert.match(debug.stderr, /\n\s+at /);
});

Deno.test("commands that have no use for Ctrl-C leave it to the system, also with other streams", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(60, { anomalies: 3, label: true })),
    model = folder.at("m.safetensors");
  await elbowOk("train", data, "--label", "kind", "--out", model, ...QUICK);
  let stderr = "";
  const io: Io = {
    stdout() {},
    stderr: (text) => void (stderr += text),
    stdin: () => Deno.readFile(data),
    async *stdinPieces() {
      yield await Deno.readFile(data);
    },
    gpu: () => Promise.reject(new Error("not asked for")),
    isTerminal: false,
    columns: 80,
    get signal(): AbortSignal {
      throw new Error("read");
    },
  };
  const normal = folder.write("normal.csv", tableCsv(90)), picture = folder.at("z.svg");
  for (
    const args of [
      ["evaluate", model, data, "--label", "kind", "--samples", "2", "--baselines", normal],
      ["encode", model, "-", "--label", "kind", "--out", picture],
    ]
  ) assert.equal(await run(args, io), 0, stderr);
});
