/**
 * Bad input is refused with status 2 and one line that names the file, the place and what was expected, and leaves no
 * output file; or, where the data allow it, gives a correct result.
 */
import assert from "node:assert/strict";
import { encodeNpy } from "../../src/formats/mod.ts";
import { cellsOf, elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

const GOOD = tableCsv(40);

/** The good table with one line replaced; line 1 is the header, line 2 the first row. */
function withLine(line: number, text: string): string {
  const lines = GOOD.trimEnd().split("\n");
  return lines.with(line - 1, text).join("\n") + "\n";
}

/** Trains on the file, and scores it with a good model; both must refuse it with the same message. */
async function refusedEverywhere(name: string, content: string | Uint8Array, message: RegExp) {
  using folder = new Folder();
  const good = folder.write("good.csv", GOOD), model = folder.at("good.safetensors");
  await elbowOk("train", good, "--out", model, ...QUICK);
  const bad = folder.write(name, content);
  const before = folder.names();
  for (
    const args of [
      ["train", bad, "--out", folder.at("out.safetensors"), ...QUICK],
      ["score", model, bad, "--out", folder.at("out.csv")],
      ["encode", model, bad, "--out", folder.at("out.csv")],
      ["reconstruct", model, bad, "--out", folder.at("out.csv")],
      ["evaluate", model, bad],
    ]
  ) {
    const line = await refused(...args);
    assert.match(line, message);
    assert.ok(line.includes(bad), `names the file: ${line}`);
    assert.deepEqual(folder.names(), before, "no output file");
  }
}

const REFUSED: [string, string | Uint8Array, RegExp][] = [
  ["empty.csv", "", /a header line followed by data rows, got an empty file/],
  ["empty.jsonl", "", /at least one line of JSON, got an empty file/],
  ["empty.npy", new Uint8Array(), /Cannot read .*empty\.npy/],
  ["header.csv", "a,b,c,d\n", /got a header line only/],
  [
    "ragged.csv",
    withLine(5, "1,2,3"),
    /row 4 \(line 5\): expected 4 cells, as in the header, got 3/,
  ],
  ["long.csv", withLine(5, "1,2,3,4,5"), /row 4 \(line 5\): expected 4 cells/],
  [
    "text.csv",
    withLine(7, "1,high,3,4"),
    /row 6 \(line 7\), column "b": expected a (finite )?number.*, got "high"/,
  ],
  [
    "infinity.csv",
    withLine(3, "1,2,Infinity,4"),
    /row 2 \(line 3\), column "c": expected a finite number/,
  ],
  [
    "overflow.csv",
    withLine(3, "1,2,1e999,4"),
    /row 2 \(line 3\), column "c": expected a finite number/,
  ],
  [
    "blank.csv",
    withLine(9, ""),
    /row 8 \(line 9\): expected 4 cells, as in the header, got a blank line/,
  ],
  [
    "twice.csv",
    GOOD.replace("a,b,c,d", "a,b,c,d,d"),
    /column "d": column names must be unique/,
  ],
  ["notes.txt", "a,b\n1,2\n", /file extension must be one of \.csv/],
  ["half.csv", Uint8Array.of(0xff, 0xfe, 97, 0, 10), /expected UTF-16 text, as its byte order/],
  [
    "bytes.csv",
    Uint8Array.of(97, 44, 98, 10, 49, 44, 0xe9, 10, 0),
    /expected UTF-8 text|expected the model's column/,
  ],
];

for (const [name, content, message] of REFUSED) {
  Deno.test(`elbow refuses ${name}`, () => refusedEverywhere(name, content, message));
}

Deno.test("elbow refuses one row to train on, and scores one", async () => {
  using folder = new Folder();
  const model = folder.at("m");
  await elbowOk("train", folder.write("good.csv", GOOD), "--out", model, ...QUICK);
  const one = folder.write("one.csv", GOOD.split("\n").slice(0, 2).join("\n"));
  const line = await refused("train", one, "--out", folder.at("n"), ...QUICK);
  assert.match(line, /Cannot fit detector to .*one\.csv: needs at least 10 rows, got 1/);
  assert.equal(cellsOf(await elbowOk("score", model, one)).length, 2);
});

Deno.test("elbow trains on and scores constant, duplicate and huge columns", async () => {
  using folder = new Folder();
  const rows = GOOD.trimEnd().split("\n").slice(1).map((line) => line.split(","));
  const lines = rows.map(([a, b, c, d]) => [a, a, 7, Number(b) * 1e30, c, d].join());
  const data = folder.write("t.csv", `a,again,constant,huge,c,d\n${lines.join("\n")}\n`);
  const model = folder.at("m.safetensors");
  await elbowOk("train", data, "--out", model, ...QUICK);
  for (const [, score, pValue] of cellsOf(await elbowOk("score", model, data)).slice(1)) {
    assert.ok(Number.isFinite(Number(score)) && Number(pValue) > 0);
  }
  for (const command of ["encode", "reconstruct"]) {
    const cells = cellsOf(await elbowOk(command, model, data)).slice(1).flat();
    assert.ok(cells.every((cell) => Number.isFinite(Number(cell))));
  }
  const beyond = folder.write("u.csv", "a,again,constant,huge,c,d\n1,1,7,1e200,1,1\n");
  const line = await refused("score", model, beyond);
  assert.match(
    line,
    /u\.csv, row 1, column "huge": expected a finite number of magnitude at most 1e\+150/,
  );
});

Deno.test("elbow refuses to train on a cell so extreme that it would hide others in its column", async () => {
  using folder = new Folder();
  const lines = GOOD.trimEnd().split("\n");
  const data = folder.write("t.csv", lines.with(4, lines[4].replace(/^[^,]*/, "1e30")).join("\n"));
  const line = await refused("train", data, "--out", folder.at("m"), ...QUICK, "--preset", "small");
  assert.match(
    line,
    /t\.csv, row 4 \(line 5\), column "a": expected a value in scale with its column \(usual spread/,
  );
  assert.deepEqual(folder.names(), ["t.csv"]);
});

Deno.test("elbow refuses values outside 0 to 1 for --likelihood bernoulli", async () => {
  using folder = new Folder();
  const bits = Array.from({ length: 20 }, (_, r) => r === 12 ? "0,2" : "0,1");
  const data = folder.write("bits.csv", `p,q\n${bits.join("\n")}\n`);
  const line = await refused("train", data, "--out", folder.at("m"), "--likelihood", "bernoulli");
  assert.match(
    line,
    /bits\.csv, row 13 \(line 14\), column "q": a Bernoulli likelihood needs a value from 0 to 1/,
  );
  assert.deepEqual(folder.names(), ["bits.csv"]);
});

Deno.test("elbow refuses files that are truncated, changed or no model", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", GOOD);
  await elbowOk("train", data, "--out", folder.at("m"), ...QUICK);
  const bytes = Deno.readFileSync(folder.at("m"));
  const tampered = bytes.slice();
  tampered[bytes.length - 5] ^= 1;
  const spec = bytes.slice(), size = '\\"size\\":';
  // One character for each byte, whatever the encoding.
  const sizeAt = new TextDecoder("latin1").decode(bytes).indexOf(`${size}2`);
  assert.ok(sizeAt > 0);
  spec[sizeAt + size.length] += 1;
  const cases: [string, Uint8Array, RegExp][] = [
    ["truncated", bytes.slice(0, -1), /Cannot read .*truncated/],
    ["beginning", bytes.slice(0, 100), /Cannot read .*beginning/],
    ["nothing", new Uint8Array(), /Cannot read .*nothing/],
    [
      "tampered",
      tampered,
      /Cannot read .*tampered: the file is damaged \(its checksum does not match\)/,
    ],
    ["spec", spec, /Cannot read .*spec: the file is damaged/],
    ["table", new TextEncoder().encode(GOOD), /Cannot read .*table/],
  ];
  for (const [name, content, message] of cases) {
    const model = folder.write(name, content);
    const before = folder.names();
    const out = ["--out", folder.at("out.csv")];
    for (
      const args of [
        ["score", model, data, ...out],
        ["evaluate", model, data],
        ["encode", model, data, ...out],
        ["reconstruct", model, data, ...out],
        ["sample", model, "--count", "3", ...out],
        ["inspect", model],
      ]
    ) {
      assert.match(await refused(...args), message);
      assert.deepEqual(folder.names(), before);
    }
  }
});

Deno.test("elbow score refuses tables that lack columns or have another width", async () => {
  using folder = new Folder();
  const model = folder.at("m");
  await elbowOk("train", folder.write("t.csv", GOOD), "--out", model, ...QUICK);
  const narrow = folder.write("narrow.csv", "a,c,e\n1,2,3\n");
  const line = await refused("score", model, narrow, "--out", folder.at("out.csv"));
  assert.match(
    line,
    /narrow\.csv: expected the model's columns "b", "d", got "a", "c", "e"/,
  );
  for (const width of [3, 5]) {
    const npy = folder.write("w.npy", encodeNpy(new Float64Array(2 * width), [2, width]));
    const refusal = await refused("score", model, npy, "--out", folder.at("out.csv"));
    assert.match(
      refusal,
      new RegExp(`w\\.npy: expected 4 columns, as in the model, got ${width}`),
    );
  }
  assert.deepEqual(folder.names(), ["m", "narrow.csv", "t.csv", "w.npy"]);
});

Deno.test("elbow scores an NPY file whose columns were chosen by number", async () => {
  using folder = new Folder();
  const values = Float64Array.from({ length: 120 }, (_, i) => Math.sin(i * i));
  const data = folder.write("t.npy", encodeNpy(values, [30, 4]));
  await elbowOk("train", data, "--out", folder.at("m"), "--columns", "x3,x1", ...QUICK);
  const chosen = values.filter((_, i) => i % 4 % 2 === 1);
  for (let r = 0; r < 30; r++) chosen.subarray(2 * r, 2 * r + 2).reverse();
  const own = folder.write("own.npy", encodeNpy(chosen, [30, 2]));
  const scores = await elbowOk("score", folder.at("m"), data);
  assert.equal(await elbowOk("score", folder.at("m"), own), scores);
});

Deno.test("elbow refuses files and columns that do not exist", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", GOOD), out = folder.at("m");
  const train = (...args: string[]) => refused("train", ...args, "--out", out, ...QUICK);
  assert.match(await train(folder.at("no.csv")), /Cannot read .*no\.csv: there is no such file/);
  assert.match(await train(folder.path), /Cannot read .*: it is a folder/);
  assert.match(
    await train(data, "--label", "z"),
    /t\.csv, column "z": expected one of the columns "a", "b"/,
  );
  assert.match(await train(data, "--columns", "a,z"), /column "z": expected one of/);
  assert.match(await train(data, "--columns", "a,a"), /column "a": column names must be unique/);
  assert.match(
    await train(data, "--columns", "a,b", "--label", "b"),
    /either the label or a data column/,
  );
  assert.match(
    await refused("score", folder.at("no"), data),
    /Cannot read .*no: there is no such file/,
  );
  await elbowOk("train", data, "--out", out, ...QUICK);
  const rate = await refused("score", out, data, "--false-alarm-rate", "0.0001");
  assert.match(rate, /calibration rows allow no less than/);
  assert.match(
    await refused("evaluate", out, data, "--label", "a"),
    /either the label or a data column/,
  );
  assert.match(await refused("evaluate", out, data, "--label", "z"), /column "z": expected one of/);
  assert.match(await refused("serve", "--models", folder.at("none")), /Cannot serve .*none/);
  const unlabelled = await elbow(["score", out, "-"], {
    stdin: () => Promise.resolve(new Uint8Array()),
  });
  assert.match(unlabelled.stderr, /Cannot read standard input: expected a header line/);
});

Deno.test("a table with decimal commas trains and scores like the same table with points", async () => {
  using folder = new Folder();
  const pointed = folder.write("points.csv", GOOD);
  const semicolons = GOOD.replaceAll(",", ";").replaceAll(".", ",");
  const comma = folder.write("commas.csv", semicolons);
  const [a, b] = [folder.at("a"), folder.at("b")];
  await elbowOk("train", pointed, "--out", a, ...QUICK);
  await elbowOk("train", comma, "--out", b, ...QUICK);
  assert.deepEqual(Deno.readFileSync(b), Deno.readFileSync(a));
  assert.equal(await elbowOk("score", a, comma), await elbowOk("score", a, pointed));
  assert.equal(
    await elbowOk("evaluate", a, comma, "--json"),
    (await elbowOk("evaluate", a, pointed, "--json")).replaceAll("points.csv", "commas.csv"),
  );
  // Comma-separated, so the numbers are in quotes.
  const quoted = folder.write(
    "quoted.csv",
    GOOD.replace(/[^,\n]*\.[^,\n]*/g, (cell) => `"${cell.replace(".", ",")}"`),
  );
  await elbowOk("train", quoted, "--out", b, ...QUICK);
  assert.equal(await elbowOk("score", b, quoted), await elbowOk("score", a, pointed));
});

Deno.test("a reader that closes the pipe early causes no error: status 0 and no message", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", GOOD), model = folder.at("m");
  await elbowOk("train", data, "--out", model, ...QUICK);
  const stdout = () => {
    throw new Deno.errors.BrokenPipe("Broken pipe (os error 32)");
  };
  const { status, stderr } = await elbow(["score", model, data], { stdout });
  assert.deepEqual([status, stderr], [0, ""]);
});
