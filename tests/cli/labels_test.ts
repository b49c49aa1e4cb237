/** Labels whose normal values are named: `--normal`, `--anomalous`. Oracle: the same rows labelled 0 and 1. */
import assert from "node:assert/strict";
import { encodeNpy, encodeNpz } from "../../src/formats/mod.ts";
import { planeRows } from "../util/data.ts";
import { elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

/** Enough for several blocks of CSV. */
const COUNT = 12_000;
const ROWS = planeRows(COUNT, 2, 5).map((row, r) => r % 10 === 9 ? [row[0], row[1] + 3] : row);
/** Ten classes, of which 9 is anomalous. */
const CLASSES = ROWS.map((_, r) => r % 10);
const WORDS = CLASSES.map((y) => y === 9 ? "attack" : ["none", "udp"][y % 2]);

const csv = (labels: readonly unknown[]) =>
  ["x0,x1,y", ...ROWS.map((row, r) => [...row, labels[r]].join())].join("\n") + "\n";
const BINARY = csv(CLASSES.map((y) => Number(y === 9)));

function array(rows: readonly (readonly number[])[]) {
  return { data: Float64Array.from(rows.flat()), shape: [rows.length, rows[0].length] };
}

/** What `evaluate --json` says about the label. */
async function figures(...args: string[]): Promise<Record<string, number>> {
  const { label } = JSON.parse(await elbowOk("evaluate", ...args, "--json", "--max-rows", "200"));
  return label;
}

Deno.test("in every format, evaluate takes the labels that are named as normal, or as anomalous", async () => {
  using folder = new Folder();
  const model = folder.at("m"), binary = folder.write("b.csv", BINARY);
  await elbowOk("train", binary, "--label", "y", "--out", model, "--max-rows", "500", ...QUICK);
  const want = await figures(model, binary, "--label", "y");
  assert.equal(want.anomalies, COUNT / 10);
  const values = array(ROWS.map((row, r) => [...row, CLASSES[r]]));
  const y = { data: Float64Array.from(CLASSES), shape: [COUNT] };
  const lines = ROWS.map(([x0, x1], r) => JSON.stringify({ x0, x1, y: CLASSES[r] })).join("\n");
  const numbers: [string, string | Uint8Array][] = [
    ["t.csv", csv(CLASSES)],
    ["decimals.csv", csv(CLASSES.map((each) => ` ${each}.0`))],
    ["quoted.csv", csv(CLASSES.map((each) => `"${each}"`))],
    ["t.jsonl", lines],
    ["t.npz", encodeNpz(new Map(Object.entries({ X: array(ROWS), y })))],
  ];
  for (const [name, content] of numbers) {
    const data = folder.write(name, content);
    for (const named of [["--normal", "0,1,2,3,4,5,6,7,8"], ["--anomalous", "9"]]) {
      assert.deepEqual(await figures(model, data, "--label", "y", ...named), want, name);
    }
  }
  const npy = folder.write("t.npy", encodeNpy(values.data, values.shape));
  assert.deepEqual(await figures(model, npy, "--label", "x2", "--anomalous", "9"), want);
  const words = folder.write("w.csv", csv(WORDS));
  // A spelling of a missing value is a label if it is named.
  const named = await figures(model, words, "--label", "y", "--normal", "none,udp");
  assert.deepEqual(named, want);
});

Deno.test("train reports against named labels as against 0 and 1", async () => {
  using folder = new Folder();
  const train = async (labels: readonly unknown[], ...named: string[]) => {
    const data = folder.write("t.csv", csv(labels)), out = folder.at("m");
    const args = ["train", data, "--label", "y", ...named, "--out", out, "--max-rows", "500"];
    const { status, stdout, stderr } = await elbow([...args, ...QUICK, "--json"]);
    assert.equal(status, 0, stderr);
    return { label: JSON.parse(stdout).label, stderr, model: Deno.readFileSync(out) };
  };
  const want = await train(CLASSES.map((y) => Number(y === 9)));
  assert.doesNotMatch(want.stderr, /--normal/);
  for (
    const [labels, named] of [[CLASSES, ["--anomalous", "9"]], [WORDS, ["--normal", "none,udp"]]]
  ) {
    const got = await train(labels, ...(named as string[]));
    assert.deepEqual(got, want);
  }
});

Deno.test("labels of more than two values, and words without a known meaning, point to --normal", async () => {
  using folder = new Folder();
  const model = folder.at("m"), data = folder.write("t.csv", csv(CLASSES));
  const words = folder.write("w.csv", csv(WORDS.map((word) => word.toUpperCase())));
  const train = ["train", data, "--label", "y", "--out", model, "--max-rows", "500", ...QUICK];
  const expected =
    'label "y" has 10 values: 0 counts as normal, all others as anomalies (--normal names other values)\n';
  const evaluate = ["evaluate", model, data, "--label", "y"];
  for (const command of [train, evaluate]) {
    assert.ok((await elbow(command)).stderr.includes(expected));
    assert.doesNotMatch((await elbow([...command, "--anomalous", "3"])).stderr, /--normal/);
  }
  assert.match(
    await refused("evaluate", model, words, "--label", "y"),
    /row 1 .*expected a label \(.*\), got "NONE" \(--normal names the labels of normal rows\)$/m,
  );
  assert.match(
    await refused(...evaluate, "--normal", "0,x"),
    /Cannot use --normal x: no row of .*t\.csv has this label, but "0", "1", "2", .*"9"$/m,
  );
  assert.match(
    await refused(...evaluate, "--normal", "0", "--anomalous", "3"),
    /'--anomalous <a,b,c>' cannot be used with option '--normal <a,b,c>'/,
  );
  const { stderr } = await elbow(["evaluate", model, data, "--normal", "0"]);
  assert.match(stderr, /Cannot use --normal: .*t\.csv has no label: give --label COLUMN$/m);
  // Of named labels, too, a missing one is no anomaly.
  const gap = folder.write("g.csv", csv(CLASSES.with(3, NaN)));
  assert.match(
    await refused("evaluate", model, gap, "--label", "y", "--normal", "0"),
    /row 4 .*"NaN"/,
  );
});
