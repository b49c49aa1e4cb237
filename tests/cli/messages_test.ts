/** Messages that keep users from being misled; each was once missing. Oracle: what the help says, or the library. */
import assert from "node:assert/strict";
import { OptionError } from "../../src/core/option_error.ts";
import type { DetectorOptions } from "../../mod.ts";
import { Detector } from "../../src/detection/detector.ts";
import { Interruption } from "../../src/cli/io.ts";
import { planeRows } from "../util/data.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";
import { gzipped } from "../util/gzip.ts";

const ENSEMBLE = ["--epochs", "2", "--hidden", "8"];

/** A folder with a table that has a count and a text, and a default detector of it. */
async function trained() {
  const folder = new Folder();
  const rows = planeRows(120, 2, 4).map(([a, b], r) => [a, b, 3 + r % 7, ["idle", "run"][r % 2]]);
  const csv = `a,b,starts,mode\n${rows.map((row) => row.join()).join("\n")}\n`;
  const data = folder.write("t.csv", csv), model = folder.at("m.safetensors");
  await elbowOk("train", data, "--out", model, ...ENSEMBLE);
  return { folder, data, model, csv, [Symbol.dispose]: () => folder[Symbol.dispose]() };
}

Deno.test("sample draws whole counts, and warns that networks made for scoring draw poorly", async () => {
  using run = await trained();
  const { stdout, stderr } = await elbow(["sample", run.model, "--count", "50"]);
  const counts = cellsOf(stdout).slice(1).map(([, , starts]) => Number(starts));
  assert.ok(counts.every((each) => Number.isInteger(each) && each >= 0), `${counts}`);
  assert.ok(new Set(counts).size > 1);
  assert.match(stderr, /drawn from small networks that were trained to score/);
  for (const command of ["encode", "reconstruct"]) {
    const { stderr } = await elbow([command, run.model, run.data]);
    assert.match(stderr, /those of the first of the model's 4 networks/);
  }
  const small = run.folder.at("s.safetensors");
  await elbowOk("train", run.data, "--out", small, ...QUICK);
  assert.equal((await elbow(["encode", small, run.data])).stderr, "");
});

Deno.test("an explanation calls a text that is no level new or rare", async () => {
  using run = await trained();
  const lines = run.csv.trimEnd().split("\n").slice(0, 20);
  const odd = lines.map((line, r) => r === 5 ? line.replace(/[a-z]+$/, "on fire") : line);
  const data = run.folder.write("n.csv", `${odd.join("\n")}\n`);
  const rate = ["--false-alarm-rate", "0.9", "--explain", "4"];
  assert.match(
    await elbowOk("score", run.model, data, ...rate),
    /mode holds a new or rare value, expected (idle|run)/,
  );
  const { scores } = JSON.parse(await elbowOk("score", run.model, data, ...rate, "--json"));
  const [mode] = scores[4].blamed.filter(({ column }: { column: string }) => column === "mode");
  assert.deepEqual([mode.value, mode.unseen], [null, true]);
});

Deno.test("a series model can be bundled only for the browser", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(60)), model = folder.at("m.safetensors");
  await elbowOk("train", data, "--out", model, "--window", "4");
  for (const target of ["workers", "deno"]) {
    const out = ["--out", folder.at(target)];
    const said = await refused("bundle", model, "--target", target, ...out);
    assert.match(said, new RegExp(`for ${target}: .*windows of 4 rows: use --target browser`));
  }
});

Deno.test("recalibrate warns that few rows cannot guarantee the rate, as training does", async () => {
  using run = await trained();
  const few = run.folder.write("few.csv", run.csv.split("\n").slice(0, 21).join("\n") + "\n");
  const { stderr, stdout } = await elbow(["recalibrate", run.model, few, "--out", run.model]);
  assert.match(stderr, /20 calibration rows allow no false-alarm rate below 0\.0477/);
  assert.match(stdout, /False-alarm rate +0\.04762\n/);
});

Deno.test("a first row that was taken for the header is refused; years count as names", async () => {
  using folder = new Folder();
  const train = async (csv: string) => {
    const data = folder.write("t.csv", csv);
    return await elbow(["train", data, "--out", folder.at("m"), ...QUICK]);
  };
  const rows = planeRows(40, 3, 2).map((row, r) => [...row, "ab"[r % 2]].join()).join("\n");
  const bare = await train(`${rows}\n`);
  assert.equal(bare.status, 2);
  assert.match(
    bare.stderr,
    /line 1: expected a header line of column names, .*which are mostly numbers/,
  );
  assert.match((await train(`0,0,1,x\n${rows}\n`)).stderr, /mostly numbers/);
  const years = await train(`2021,2022,2023,kind\n${rows}\n`);
  assert.equal(years.status, 0, years.stderr);
});

Deno.test("dates and amounts in an uncertain format are reported as text", async () => {
  using folder = new Folder();
  const day = (r: number) => `${1 + r % 28}`.padStart(2, "0");
  const cells: readonly (readonly [string, (row: number) => string])[] = [
    ["dates", (r) => `${1 + r % 9}/${1 + r % 7}/2024`],
    ["dates", (r) => r % 2 === 0 ? `${day(r)}.10.2024` : `10/${day(r)}/2024 3:05 PM`],
    ["dates", (r) => r % 2 === 0 ? `Mai ${day(r)}, 2024` : `${day(r)}. Oktober 2024`],
    ["times of day or durations", (r) => `${1 + r % 9}:${day(r)}:0${r % 7}`],
    ["numbers with units", (r) => `${r % 7}.5 ${r % 5 ? "kg" : "g"}`],
    ["numbers with units", (r) => `1.${r}D+0${r % 3}`],
    ["amounts", (r) => r === 9 ? "tbd" : `${r}.5 %`],
    ["amounts", (r) => `$1,${100 + r * r % 17}`],
    ["amounts", (r) => r % 2 === 0 ? `$1,234.5${r % 7}` : `1.234,5${r % 7} €`],
  ];
  for (const [what, cell] of cells) {
    const lines = Array.from({ length: 60 }, (_, r) => `${cell(r)};${r * r % 17}`);
    const data = folder.write("t.csv", ["when;x", ...lines, ""].join("\n"));
    for (const args of [["report", data], ["train", data, "--out", folder.at("m"), ...QUICK]]) {
      const { stderr } = await elbow(args);
      assert.match(stderr, new RegExp(`column "when" looks like ${what}, but is read as text: `));
    }
  }
  const lines = Array.from({ length: 60 }, (_, r) => `2024-10-${day(r)},${r * r % 17}`);
  const named = lines.map((line, r) => line.replace(/^[^,]*/, `${day(r)} Oct 2024`));
  for (
    const [none, others] of [["later", lines], ["2023-02-29", lines], ["soon", named]] as const
  ) {
    const faulty = ["when,x", ...others.with(7, `${none},1`), ""].join("\n");
    const data = folder.write("t.csv", faulty), train = ["train", data, "--out", folder.at("m")];
    const { stderr } = await elbow([...train, ...QUICK]);
    assert.match(
      stderr,
      /"when" looks like dates, .* declare it timestamp \(--column when=timestamp\) /,
    );
    const shown = await refused(...train, "--column", "when=timestamp");
    assert.match(shown, new RegExp(`row 8 \\(line 9\\), column "when": .*"${none}"`));
  }
  const times = folder.write("t.csv", ["when,x", ...lines, ""].join("\n"));
  assert.doesNotMatch((await elbow(["report", times])).stderr, /read as text/);
});

Deno.test("among decimal commas and whole numbers, the cell with a thousands separator is the one at fault", async () => {
  using folder = new Folder();
  const cell = (r: number) => r === 20 ? "1.234,50" : r === 25 ? "7" : `${r},5`;
  const lines = Array.from({ length: 30 }, (_, r) => `${cell(r)};${r % 7}`);
  const data = folder.write("t.csv", ["x;y", ...lines, ""].join("\n"));
  const message = await refused("train", data, "--out", folder.at("m"), ...QUICK);
  assert.match(
    message,
    /row 21 \(line 22\), column "x": .*no thousands separators .*, categorical\), .*"1\.234,50"/,
  );
});

Deno.test("UTF-16 and Windows-1252 are read like UTF-8: whole, as a stream and from standard input", async () => {
  using folder = new Folder();
  const csv = tableCsv(60).replace("a,", "größe,");
  const units = Uint16Array.from(`\ufeff${csv}`, (unit) => unit.charCodeAt(0));
  const little = new Uint8Array(units.buffer), big = little.slice();
  for (let i = 0; i < big.length; i += 2) [big[i], big[i + 1]] = [little[i + 1], little[i]];
  const western = Uint8Array.from(csv, (letter) => letter.charCodeAt(0));
  const run = async (bytes: string | Uint8Array) => {
    const data = folder.write("t.csv", bytes), out = folder.at("m");
    await elbowOk("train", data, "--out", out, ...QUICK);
    // A first byte that does not tell the encoding, and units cut in two.
    async function* stdinPieces() {
      const all = await Deno.readFile(data);
      for (let at = 0; at < all.length; at += at === 0 ? 1 : 7) {
        yield await Promise.resolve(all.slice(at, at === 0 ? 1 : at + 7));
      }
    }
    const piped = await elbow(["score", out, "-"], { stdinPieces });
    return [await Deno.readFile(out), await elbowOk("score", out, data), piped.stdout];
  };
  const want = await run(csv);
  assert.equal(want[1], want[2]);
  for (const bytes of [little, big, western]) assert.deepEqual(await run(bytes), want);
  const { stderr } = await elbow(["report", folder.write("t.csv", western)]);
  assert.match(stderr, /t\.csv is not UTF-8, and is read as Windows-1252\n/);
});

Deno.test("typing errors are pointed out, and options that would have no effect are refused", async () => {
  using run = await trained();
  const { model, data, folder } = run;
  const score = (...more: string[]) => refused("score", model, data, ...more);
  assert.match(await score("--out", ""), /Cannot write "": the name of a file must not be empty/);
  assert.match(
    await refused("worker", "--db", `${folder.path}/no/x.db`),
    /Cannot open [^ ]*no\/x\.db: expected a file in a folder that exists and may be written to$/m,
  );
  for (const command of ["score", "drift"]) {
    assert.equal(
      await refused(command, data, model),
      `elbow: Cannot read ${data}: expected a model file, which comes before DATA, got a table\n`,
    );
  }
  assert.match(
    await refused("score", model, model),
    /file extension must be one of \.csv, .*, got "\.safetensors", that of a model$/m,
  );
  assert.match(await refused("help", "nosuch"), /unknown command 'nosuch'/);
  assert.match(await refused("help", "scroe"), /unknown command 'scroe' \(Did you mean score\?\)/);
  assert.match(
    await refused("score", model, "nosuch.csv", "--method", "dose"),
    /'--method dose' needs '--reference <table>'/,
  );
  assert.match(await refused("serve"), /--models <dir>, --db <file> or --nats <urls>/);
  assert.match(await score("--reference", "nosuch.csv"), /'--reference <table>' is for --method/);
  assert.match(await score("--reference", data, "--method", "elbo"), /is for --method mahalanobis/);
  assert.match(
    await refused("encode", model, data, "--axes", "0,1"),
    /'--axes' is for the picture/,
  );
  assert.match(
    await refused("sample", model, "--count", "2", "--across", "2"),
    /'--across <n>' is for the pictures/,
  );
  assert.match(
    await refused("import", data, "--out", folder.at("i")),
    /expected a safetensors file/,
  );
  const other = folder.write("t.xls", "a");
  assert.match(await refused("score", model, other), /\.ndjson, \.json, \.parquet, got/);
  const window = ["--window", "4", "--preset", "linear", "--learning-rate", "0.1"];
  const linear = await refused("train", data, "--out", folder.at("l"), ...window);
  assert.match(linear, /--preset linear takes no --learning-rate/);
});

Deno.test("options are named as the reader writes them, and names of the user's stay as they are", async () => {
  using run = await trained();
  const data = run.folder.write("p.csv", tableCsv(60));
  const refusals: readonly (readonly [string[], DetectorOptions, RegExp])[] = [
    [
      ["--preset", "ensemble", "--likelihood", "bernoulli"],
      { preset: "ensemble", likelihood: "bernoulli" },
      /preset "ensemble" takes no likelihood: leave it out, or use preset "small"$/,
    ],
    [
      ["--likelihood", "bernoulli", "--members", "3"],
      { likelihood: "bernoulli", members: 3 },
      /preset "small", which likelihood chooses, takes no members: .* preset "ensemble"$/,
    ],
    [
      ["--window", "4", "--robust"],
      { window: 4, robust: true },
      /: robust is for .*, falseAlarmRate sets how many steps are flagged$/,
    ],
    [["--preset", "linear"], { preset: "linear" }, /preset "linear" is for .* needs a window$/],
  ];
  for (const [flags, options, message] of refusals) {
    const rows = planeRows(60, 2, 1);
    const error = await Detector.fit(rows, options).then(() => undefined, (error) => error);
    assert.ok(error instanceof OptionError && error instanceof TypeError);
    assert.match(error.message, message);
    const said = error.wording((option, value) => {
      const flag = option === "falseAlarmRate" ? "--false-alarm-rate" : `--${option}`;
      return value === undefined ? flag : `${flag} ${value}`;
    });
    const refusal = await refused("train", data, "--out", run.folder.at("o"), ...flags);
    assert.ok(refusal.endsWith(`${said}\n`), refusal);
  }
  const file = run.folder.at('preset "small" is left out, robust: 0.1.csv');
  assert.ok((await refused("score", run.model, file)).includes(file));
});

Deno.test("a cell beyond the largest size is refused", async () => {
  const detector = await Detector.fit(planeRows(60, 2, 1), { preset: "small", epochs: 1 });
  await assert.rejects(detector.score([[1e200, 0]]), /finite number of magnitude at most 1e\+?150/);
});

Deno.test("score that is interrupted while it waits for input leaves no file, and says so", async () => {
  using run = await trained();
  const controller = new AbortController(), out = run.folder.at("scores.csv");
  const before = run.folder.names();
  const outcome = await elbow(["score", run.model, "-", "--out", out], {
    signal: controller.signal,
    async *stdinPieces() {
      yield new TextEncoder().encode(run.csv);
      setTimeout(() => controller.abort(new Interruption("SIGINT")), 50);
      // A pipe whose writer is silent.
      await new Promise(() => {});
    },
  });
  assert.equal(outcome.status, 130);
  assert.match(outcome.stderr, /Interrupted by SIGINT/);
  assert.deepEqual(run.folder.names(), before);
});

Deno.test("tables compressed by gzip are read like others; a truncated one is refused", async () => {
  using run = await trained();
  const bytes = await gzipped(run.csv), data = run.folder.write("t.csv.gz", bytes);
  assert.equal(
    await elbowOk("score", run.model, data),
    await elbowOk("score", run.model, run.data),
  );
  const other = run.folder.at("o.safetensors");
  await elbowOk("train", data, "--out", other, ...ENSEMBLE);
  assert.deepEqual(Deno.readFileSync(other), Deno.readFileSync(run.model));
  const tabs = run.folder.write("t.tsv.gz", await gzipped(run.csv.replaceAll(",", "\t")));
  assert.equal(
    await elbowOk("score", run.model, tabs),
    await elbowOk("score", run.model, run.data),
  );
  for (const broken of [bytes.subarray(0, bytes.length - 9), new TextEncoder().encode(run.csv)]) {
    const path = run.folder.write("b.csv.gz", broken);
    assert.match(
      await refused("report", path),
      /Cannot read .*b\.csv\.gz: expected a complete gzip file/,
    );
  }
  const piped = async (of: Uint8Array, ...args: string[]) =>
    await elbow(args, {
      stdin: () => Promise.resolve(of),
      async *stdinPieces() {
        for (let at = 0; at < of.length; at += 1 + 99 * at) yield of.subarray(at, 100 * at + 1);
      },
    });
  for (const command of [["score"], ["score", "--json"], ["drift", "--json"]]) {
    const [verb, ...more] = command;
    const { stdout } = await piped(bytes, verb, run.model, "-", ...more);
    const path = run.data;
    const expected = await elbowOk(verb, run.model, path, ...more);
    assert.equal(stdout.replaceAll('"-"', JSON.stringify(path)), expected);
  }
  const { stdout: drift } = await piped(bytes, "drift", run.model, "-");
  assert.match(drift, /^Data +standard input \(/m);
  await piped(bytes, "train", "-", "--out", other, ...ENSEMBLE);
  assert.deepEqual(Deno.readFileSync(other), Deno.readFileSync(run.model));
  const { stderr } = await piped(bytes.subarray(0, 90), "score", run.model, "-");
  assert.match(stderr, /Cannot read standard input: expected a complete gzip file/);
  assert.match(
    await refused("score", run.model, run.folder.at("no.csv.gz")),
    /there is no such file/,
  );
});

Deno.test("impossible names and places are refused in plain words", async () => {
  using run = await trained();
  const { folder, data, model } = run;
  assert.match(
    await refused("encode", model, data, "--out", folder.at("z.gif")),
    /its name must end in \.csv or \.svg, got "\.gif"/,
  );
  assert.match(
    await refused("serve", "--models", folder.at("none")),
    /Cannot serve .*none: there is no such folder/,
  );
  const three = folder.write("three.csv", tableCsv(60).replaceAll(/,[^,\n]+$/gm, ""));
  await elbowOk("train", three, "--out", folder.at("3"), ...QUICK);
  assert.match(
    await refused("sample", folder.at("3"), "--count", "2", "--out", folder.at("x.png")),
    /without an image width they must be square, got 3 pixels/,
  );
});

Deno.test("a full disk behind standard output is reported, with status 1", async () => {
  if (Deno.build.os !== "linux") return;
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const table = new URL("../../examples/data/thyroid.csv", import.meta.url).pathname;
  const command = '"$0" run --quiet --allow-all "$1" report "$2" > /dev/full';
  const { code, stderr } = await new Deno.Command("sh", {
    args: ["-c", command, Deno.execPath(), main, table],
  }).output();
  assert.deepEqual(
    [code, new TextDecoder().decode(stderr)],
    [1, "elbow: Cannot write to standard output: no space is left on its disk\n"],
  );
});

Deno.test("train warns that rows labelled as anomalies were trained on like the others, unless it is robust", async () => {
  using folder = new Folder();
  const rows = planeRows(120, 2, 4).map(([a, b], r) => [a, b, Number(r % 40 === 0)]);
  const data = folder.write("t.csv", `a,b,bad\n${rows.map((row) => row.join()).join("\n")}\n`);
  const train = (...options: string[]) =>
    elbow(["train", data, "--label", "bad", "--out", folder.at("m"), ...ENSEMBLE, ...options]);
  const said = /3 rows labelled anomalous were trained on like the others: --robust leaves out/;
  assert.match((await train()).stderr, said);
  assert.doesNotMatch((await train("--robust")).stderr, said);
});

Deno.test("an explanation cuts long texts", async () => {
  using folder = new Folder();
  const text = (r: number) => `${"lorem ipsum ".repeat(9)}${r % 2}`;
  const lines = Array.from({ length: 60 }, (_, r) => `${text(r)},${r % 2 + r / 100}`);
  const data = folder.write("t.csv", ["text,x", ...lines, ""].join("\n")), model = folder.at("m");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const csv = await elbowOk("score", model, data, "--explain", "2", "--false-alarm-rate", "0.9");
  assert.match(
    csv,
    /text lorem ipsum lorem ipsum lorem ipsum lore…, expected lorem ipsum lorem ipsum lorem ipsum lore… /,
  );
});
