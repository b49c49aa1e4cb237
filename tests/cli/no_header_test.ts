/**
 * CSV without a header line, `--no-header`. Oracle: the same rows below a header line of the same names, read by the
 * same command without the option.
 */
import assert from "node:assert/strict";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

/** Five columns, the last one a label, and a column of texts; the header has the names that `--no-header` gives. */
const ROWS = tableCsv(400, { anomalies: 6, label: true }).split("\n").slice(1, -1)
  .map((line, r) => line.replace(/,[^,]*,/, `,${r % 3 ? "red" : "blue"},`));
const HEADED = ["x0,x1,x2,x3,x4", ...ROWS].join("\n") + "\n";
const HEADLESS = ROWS.join("\n");

/** The output of a command on a headless file, and on the file with a header. */
async function both(
  folder: Folder,
  command: (data: string, ...more: string[]) => string[],
): Promise<[string, string]> {
  const data = folder.at("t.csv"), outputs: string[] = [];
  for (const [text, more] of [[HEADLESS, ["--no-header"]], [HEADED, []]] as const) {
    folder.write("t.csv", text);
    outputs.push(await elbowOk(...command(data, ...more)));
  }
  return outputs as [string, string];
}

Deno.test("every command reads a table without a header line as it reads one with names x0, x1, …", async () => {
  using folder = new Folder();
  const model = folder.at("m"), out = folder.at("n");
  const data = folder.write("t.csv", HEADLESS);
  await elbowOk("train", data, "--no-header", "--label", "x4", "--out", model, ...QUICK);
  const commands: ((data: string, ...more: string[]) => string[])[] = [
    (data, ...more) => ["report", data, ...more, "--json"],
    (data, ...more) => ["train", data, ...more, "--label", "x4", "--out", out, ...QUICK],
    (data, ...more) => ["score", model, data, ...more],
    (data, ...more) => ["score", model, data, ...more, "--json"],
    (data, ...more) => ["score", model, data, ...more, "--method", "dose", "--reference", data],
    (data, ...more) => ["evaluate", model, data, ...more, "--label", "x4", "--baselines"],
    (data, ...more) => ["drift", model, data, ...more],
    (data, ...more) => ["recalibrate", model, data, ...more, "--out", out],
    (data, ...more) => ["update", model, data, ...more, "--out", out, "--epochs", "1"],
    (data, ...more) => ["encode", model, data, ...more],
    (data, ...more) => ["reconstruct", model, data, ...more],
    (data, ...more) => ["encode", model, data, ...more, "--label", "x4", "--out", `${out}.svg`],
  ];
  for (const command of commands) {
    const [headless, headed] = await both(folder, command), name = command("t.csv").join(" ");
    assert.ok(name.includes(".svg") || headless.length > 100, name);
    assert.equal(headless, headed, name);
  }
});

Deno.test("a first row of decimal commas is separated where it would be below a header", async () => {
  using folder = new Folder();
  const lines = tableCsv(200).split("\n").slice(1, -1)
    .map((line) =>
      line.split(",").map((cell) => Number(cell).toFixed(3).replace(".", ",")).join(";")
    );
  const names = lines[0].split(";").map((_, c) => `x${c}`).join(";");
  const data = folder.write("t.csv", lines.join("\r\n")), model = folder.at("m");
  const headed = folder.write("h.csv", [names, ...lines].join("\n")), same = folder.at("n");
  await elbowOk("train", data, "--no-header", "--out", model, ...QUICK);
  await elbowOk("train", headed, "--out", same, ...QUICK);
  assert.deepEqual(Deno.readFileSync(model), Deno.readFileSync(same));
  const scores = await elbowOk("score", model, data, "--no-header");
  assert.equal(scores, await elbowOk("score", model, headed));
});

Deno.test("a model with names takes columns without names in its order, and a label beside them", async () => {
  using folder = new Folder();
  const model = folder.at("m"), named = folder.write("n.csv", HEADED.replace(/^.*/, "a,b,c,d,y"));
  const data = folder.write("t.csv", HEADLESS);
  const unlabelled = folder.write("u.csv", ROWS.map((row) => row.replace(/,\w+$/, "")).join("\n"));
  await elbowOk("train", named, "--label", "y", "--out", model, ...QUICK);
  const scores = await elbowOk("score", model, named);
  assert.equal(await elbowOk("score", model, unlabelled, "--no-header"), scores);
  const evaluated = await elbowOk(
    "evaluate",
    model,
    data,
    "--no-header",
    "--label",
    "x4",
    "--json",
  );
  const want = await elbowOk("evaluate", model, named, "--label", "y", "--json");
  const { data: _, ...figures } = JSON.parse(evaluated), { data: __, ...wanted } = JSON.parse(want);
  assert.deepEqual(figures, wanted);
  assert.match(
    await refused("score", model, data, "--no-header"),
    /: expected 4 columns, as in the model, got 5$/m,
  );
});

Deno.test("a long headless table is scored by threads, from a pipe too, and faults name its rows and lines", async () => {
  using folder = new Folder();
  const model = folder.at("m"), data = folder.write("t.csv", HEADLESS);
  await elbowOk("train", data, "--no-header", "--label", "x4", "--out", model, ...QUICK);
  const one = (await elbowOk("score", model, data, "--no-header")).trimEnd().split("\n");
  const times = 150, count = ROWS.length * times;
  const long = Array<string>(times).fill(HEADLESS).join("\n") + "\n";
  assert.ok(long.length > 16 * 2 ** 17, "enough blocks for threads");
  const stdin = () => Promise.resolve(new TextEncoder().encode(long));
  const { status, stdout } = await elbow(["score", model, "-", "--no-header"], { stdin });
  const lines = stdout.trimEnd().split("\n");
  assert.deepEqual([status, lines.length], [0, count + 1]);
  for (const row of [1, ROWS.length, ROWS.length + 1, count]) {
    const [, ...cells] = lines[row].split(","), twin = one[(row - 1) % ROWS.length + 1];
    assert.deepEqual([row, ...cells], [row, ...twin.split(",").slice(1)]);
  }
  const faulty = folder.write("f.csv", `${long}1,2,3\n`),
    place = `${count + 1} (line ${count + 1})`;
  for (
    const command of [
      ["score", model, faulty, "--out", folder.at("o.csv")],
      ["drift", model, faulty],
      ["report", faulty],
    ]
  ) {
    const expected = `row ${place}: expected 5 cells, as in the first row, got 3`;
    const { stderr, status } = await elbow([...command, "--no-header"]);
    assert.equal(status, 2);
    assert.ok(stderr.includes(expected), `${command}: ${stderr}`);
  }
});

Deno.test("a wrong first line is refused with the option to add or to leave out", async () => {
  using folder = new Folder();
  const headless = folder.write("t.csv", HEADLESS), headed = folder.write("h.csv", HEADED);
  const spaced = folder.write("s.csv", "1 2 3\n4 5 6\n"), empty = folder.write("e.csv", "");
  const arrays = folder.write("t.jsonl", "[1, 2]\n"), model = folder.at("m");
  await elbowOk("train", headless, "--no-header", "--label", "x4", "--out", model, ...QUICK);
  const report = (path: string) => refused("report", path, "--no-header");
  assert.match(
    await refused("report", folder.write("n.csv", "1,2\n3,4\n")),
    /put a line with a name for each column above it \(if the first line is a row: --no-header\)$/m,
  );
  assert.match(
    await refused("score", model, headless),
    /if the first line is a row: --no-header\)$/m,
  );
  assert.match(
    await report(headed),
    /line 1: expected a row, got "x0, x1, x2, x3, x4", which looks like a header: leave out --no-header$/m,
  );
  assert.match(await report(spaced), /line 1: expected cells separated by commas.*got "1 2 3"$/m);
  assert.match(await report(empty), /expected data rows, got an empty file$/m);
  assert.match(
    await report(arrays),
    /expected CSV or TSV, if there is no header line \(--no-header\), got "\.jsonl"$/m,
  );
  assert.match(
    await refused("score", model, empty, "--no-header"),
    /expected data rows, got an empty file$/m,
  );
  assert.match(await refused("score", model, arrays, "--no-header"), /expected CSV or TSV/);
});

Deno.test("a blank first line is refused as such by score as by train, with a header line and without", async () => {
  using folder = new Folder();
  const model = folder.at("m"), headed = folder.write("h.csv", HEADED);
  await elbowOk("train", headed, "--label", "x4", "--out", model, ...QUICK);
  for (
    const [text, more, expected] of [
      [HEADED, [], "the header line"],
      [HEADLESS, ["--no-header"], "the first row"],
    ] as const
  ) {
    const blank = folder.write("b.csv", `\n${text}`);
    const message = `elbow: Cannot read ${blank}, line 1: expected ${expected}, got a blank line\n`;
    assert.equal(await refused("score", model, blank, ...more), message);
    assert.equal(await refused("train", blank, "--out", model, ...more), message);
  }
});

Deno.test("a column of times that is named by a time causes a warning, one of numbers does not", async () => {
  using folder = new Folder();
  const day = (r: number) => `${1 + r % 28}/${1 + r % 12}/2024 13:57`;
  const table = (name: string, cell: (r: number) => string | number) =>
    folder.write(
      "t.csv",
      [`${name},x`, ...Array.from({ length: 60 }, (_, r) => `${cell(r)},${r * r % 17}`), ""].join(
        "\n",
      ),
    );
  const warning =
    /column "1\/31\/2018 13:57" holds times and is named by one, .* if there is no header line \(--no-header\)/;
  const stderr = async (path: string) => (await elbow(["report", path])).stderr;
  const american = (r: number) => day(r).replace(/^(\d+)\/(\d+)/, "$2/$1");
  assert.match(await stderr(table("1/31/2018 13:57", american)), warning);
  assert.doesNotMatch(await stderr(table("1/31/2018 13:57", (r) => r % 7)), /named by one/);
  assert.doesNotMatch(await stderr(table("when", american)), /named by one/);
});
