/**
 * Dates and amounts as people write them, in files that the commands train on and score. Oracle: the same table in ISO
 * 8601 and plain numbers, which gives models and scores with the same bytes.
 */
import assert from "node:assert/strict";
import { elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

const ROWS = 60;

/** Times, and amounts with two decimals, some of them above a thousand. */
const TIMES = Array.from(
  { length: ROWS },
  (_, r) => new Date(Date.UTC(2024, r % 12, 1 + r % 28, 5 * r % 24, r)),
);
const AMOUNTS = Array.from({ length: ROWS }, (_, r) => (r * r * r * 37 % 250_003) / 100 - 300);

interface Writing {
  readonly name: string;
  readonly separator: string;
  readonly time: (iso: string) => string;
  readonly amount: (value: number) => string;
}

const grouped = (value: number, separator: string, mark: string): string => {
  const [whole, behind] = Math.abs(value).toFixed(2).split(".");
  return (value < 0 ? "-" : "") + whole.replace(/\B(?=(\d{3})+$)/g, separator) + mark + behind;
};

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** Year, month, day, hour and minute of an ISO time. */
const parts = (iso: string) => iso.split(/[-T:]/);

const WRITINGS: readonly Writing[] = [
  {
    name: "German",
    separator: ";",
    time: (iso) => parts(iso).slice(0, 3).reverse().join(".") + ` ${iso.slice(11, 16)}`,
    amount: (value) => `${grouped(value, ".", ",")} €`,
  },
  {
    name: "American",
    separator: ",",
    time: (iso) => {
      const [year, month, day, hour, minute] = parts(iso);
      return `${+month}/${+day}/${year.slice(2)} ${+hour % 12 || 12}:${minute} ${
        +hour < 12 ? "AM" : "PM"
      }`;
    },
    amount: (value) => `"${value < 0 ? "-" : ""}$${grouped(Math.abs(value), ",", ".")}"`,
  },
  {
    name: "with names of months, and signs at the end",
    separator: ",",
    time: (iso) => {
      const [year, month, day, hour, minute] = parts(iso);
      return `${day}-${MONTHS[+month - 1]}-${year.slice(2)} ${hour}:${minute}`;
    },
    amount: (value) => `${Math.abs(value).toFixed(2)}${value < 0 ? "-" : ""}`,
  },
  {
    name: "with slashes, codes and brackets",
    separator: "\t",
    time: (iso) => iso.slice(0, 16).replaceAll("-", "/").replace("T", " "),
    amount: (value) =>
      value < 0 ? `(USD ${grouped(-value, "'", ".")})` : `USD ${grouped(value, "'", ".")}`,
  },
];

function table({ separator, time, amount }: Writing): string {
  const lines = TIMES.map((at, r) => {
    const iso = at.toISOString().slice(0, 16);
    return [time(iso), amount(AMOUNTS[r]), r * r % 17].join(separator);
  });
  return [["when", "price", "x"].join(separator), ...lines, ""].join("\n");
}

const PLAIN = table({
  name: "plain",
  separator: ",",
  time: (iso) => iso,
  amount: (value) => value.toFixed(2),
});

const OPTIONS = ["--column", "price=numeric", "--column", "when=timestamp", ...QUICK];

for (const writing of WRITINGS) {
  Deno.test(`a table with dates and amounts, ${writing.name}, scores like the same table in ISO 8601 and plain numbers`, async () => {
    using folder = new Folder();
    const extension = writing.separator === "\t" ? "tsv" : "csv";
    const plain = folder.write("plain.csv", PLAIN);
    const written = folder.write(`t.${extension}`, table(writing));
    const [first, second] = ["m", "n"].map((name) => folder.at(name));
    await elbowOk("train", plain, "--out", first, ...OPTIONS);
    const { status, stderr } = await elbow([
      ...["train", written, "--out", second, "--columns", "when,price,x", ...QUICK],
    ]);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /read as text/);
    const want = await elbowOk("score", first, plain);
    assert.equal(await elbowOk("score", second, written), want);
    // Where a comma is the decimal mark, 300.00 may be thirty thousand.
    if (writing.name === "German") {
      assert.match(await refused("score", second, plain), /a number such as 1\.234,50/);
    } else assert.equal(await elbowOk("score", second, plain), want);
    const json = TIMES.map((at, r) =>
      JSON.stringify({ when: at, price: AMOUNTS[r], x: r * r % 17 })
    );
    assert.equal(await elbowOk("score", second, folder.write("t.jsonl", json.join("\n"))), want);
  });
}

Deno.test("a format that the table does not reveal can be declared, and is kept in the model", async () => {
  using folder = new Folder();
  const lines = Array.from(
    { length: 60 },
    (_, r) => `0${1 + r % 9}/0${1 + r % 7}/2024;1.${100 + r};${r % 17}`,
  );
  const data = folder.write("t.csv", ["when;price;x", ...lines, ""].join("\n")),
    model = folder.at("m");
  const declared = ["--column", "when=timestamp:mdy", "--column", "price=numeric:1.234,50"];
  await elbowOk("train", data, "--out", model, ...declared, ...QUICK);
  const { columns } = JSON.parse(await elbowOk("inspect", model, "--json"));
  assert.ok(JSON.stringify(columns).includes('"mdy"'), JSON.stringify(columns));
  const later = folder.write("later.csv", "when;price;x\n12/31/2024;1.150;3\n13/01/2024;1;3\n");
  const message = await refused("score", model, later);
  assert.match(
    message,
    /row 2 \(line 3\), column "when": .*a time such as 12\/31\/2024, .*"13\/01\/2024"/,
  );
  // Read in the other format, an amount is a thousand times too small.
  const small = folder.write("small.csv", "when;price;x\n12/31/2024;1.150;3\n12/31/2024;1,15;3\n");
  const scores = (await elbowOk("score", model, small)).trim().split("\n").slice(1)
    .map((line) => Number(line.split(",")[1]));
  assert.ok(scores[1] > 3 * scores[0], `${scores}`);
  for (const wrong of ["when=timestamp:ydm", "x=numeric:dmy", "x=count:1"]) {
    assert.match(
      await refused("train", data, "--out", model, "--column", wrong),
      /has no levels, and its format is /,
    );
  }
});

const RATES = AMOUNTS.map((amount, r) => r === 0 ? "0.00" : (amount / 100).toFixed(2));

/** Rates beside a number, as CSV. */
function rateCsv(cell: (rate: string, r: number) => string, separator = ","): string {
  const lines = RATES.map((rate, r) => [cell(rate, r), r * r % 17].join(separator));
  return [["rate", "x"].join(separator), ...lines, ""].join("\n");
}

Deno.test("a column of percentages counts in per cent, and refuses a text without the sign", async () => {
  using folder = new Folder();
  const [plain, english, german] = ["p", "e", "g"].map((name) => folder.at(name));
  const data = folder.write("plain.csv", rateCsv((rate) => rate));
  await elbowOk("train", data, "--out", plain, "--column", "rate=numeric", ...QUICK);
  // 0 is the same with and without the sign.
  const zero = (rate: string) => Number(rate) === 0 ? "0" : `${rate} %`;
  const marked = folder.write("e.csv", rateCsv(zero));
  const commas = folder.write(
    "g.csv",
    rateCsv((rate) => rate.replace(".", ",") + (Number(rate) === 0 ? "" : "%"), ";"),
  );
  await elbowOk("train", marked, "--out", english, ...QUICK);
  await elbowOk("train", commas, "--out", german, ...QUICK);
  const want = await elbowOk("score", plain, data);
  assert.equal(await elbowOk("score", english, marked), want);
  assert.equal(await elbowOk("score", german, commas), want);
  const formatIn = async (model: string) =>
    JSON.parse(await elbowOk("inspect", model, "--json")).columns[0].format;
  assert.equal(await formatIn(german), "1.234,50 %");
  // Declared without the space, which a shell would take for the end.
  const declared = ["--column", "rate=numeric:1.234,50%", ...QUICK];
  await elbowOk("train", commas, "--out", folder.at("d"), ...declared);
  assert.equal(await formatIn(folder.at("d")), "1.234,50 %");
  // JSON numbers are in the units of the model.
  const rows = RATES.map((rate, r) => JSON.stringify({ rate: +rate, x: r * r % 17 }));
  assert.equal(await elbowOk("score", english, folder.write("t.jsonl", rows.join("\n"))), want);
  const fraction = folder.write("later.csv", "rate,x\n2.80 %,3\n0.028,3\n");
  assert.match(
    await refused("score", english, fraction),
    /row 2 \(line 3\), column "rate": expected a number such as 1,234\.50 %, got "0\.028"/,
  );
});

Deno.test("sample and reconstruct write per cent and decimal commas as the column has them, and the model reads them", async () => {
  using folder = new Folder();
  for (const [format, mark] of [["1,234.50%", "."], ["1.234,50%", ","]] as const) {
    const data = folder.write(
      "t.csv",
      rateCsv((rate) => rate.replace(".", mark) + (Number(rate) === 0 ? "" : "%"), ";"),
    );
    const model = folder.at("m");
    await elbowOk("train", data, "--out", model, "--column", `rate=numeric:${format}`, ...QUICK);
    for (const command of [["sample", model, "--count", "20"], ["reconstruct", model, data]]) {
      const text = await elbowOk(...command), made = folder.write("made.csv", text);
      assert.match(text, mark === "," ? /"-?\d+,\d+ %"/ : /\d\.\d+ %/);
      const [, ...scored] = (await elbowOk("score", model, made)).trimEnd().split("\n");
      assert.equal(scored.length, text.trimEnd().split("\n").length - 1);
      const { columns, values } = JSON.parse(await elbowOk(...command, "--json"));
      const c = columns.indexOf("rate");
      assert.ok(values.every((row: unknown[]) => typeof row[c] === "number"));
    }
  }
});

Deno.test("amounts of which only some have a per cent sign are refused, with an example of each", async () => {
  using folder = new Folder();
  const writings = [
    rateCsv((rate, r) => r > 0 && r % 3 === 0 ? `${rate} %` : rate),
    rateCsv((rate, r) => rate.replace(".", ",") + (r === 3 ? "%" : ""), ";"),
    rateCsv((rate, r) => r === 3 ? `${rate} %` : rate),
  ];
  for (const text of writings) {
    const data = folder.write("t.csv", text), train = ["train", data, "--out", folder.at("m")];
    for (const more of [[], ["--max-rows", "30"]]) {
      assert.match(
        await refused(...train, ...more, ...QUICK),
        /t\.csv, column "rate": expected a per cent sign in every cell but 0, or in none, got "-?\d.* ?%" in row 4 and "-?\d[^%]*" in row 2/,
      );
    }
    // Declared values need no sign.
    const declared = ["--column", `rate=numeric:1${text.includes(",5") ? ".234,50" : ",234.50"}`];
    const message = await refused(...train, ...declared, ...QUICK);
    assert.match(message, /row 4 \(line 5\), column "rate": expected a number such as .*%"/);
  }
});

Deno.test("numeric times are read as declared: eight digits, or milliseconds", async () => {
  using folder = new Folder();
  const digits = (iso: string) => iso.slice(0, 10).replaceAll("-", "");
  const csv = (cell: (time: Date, r: number) => string | number) =>
    ["when,x", ...TIMES.map((time, r) => `${cell(time, r)},${r * r % 17}`), ""].join("\n");
  const cases = [
    [
      "when=timestamp:ymd",
      csv((time) => digits(time.toISOString())),
      csv((time) => time.toISOString().slice(0, 10)),
    ],
    [
      "when=timestamp",
      csv((time, r) => +time / (r % 2 ? 1 : 1000)),
      csv((time) => time.toISOString()),
    ],
  ];
  for (const [column, numbers, texts] of cases) {
    const [data, plain] = [folder.write("n.csv", numbers), folder.write("t.csv", texts)];
    await elbowOk("train", data, "--out", folder.at("m"), "--column", column, ...QUICK);
    await elbowOk("train", plain, "--out", folder.at("p"), "--column", "when=timestamp", ...QUICK);
    const want = await elbowOk("score", folder.at("p"), plain);
    assert.equal(await elbowOk("score", folder.at("m"), data), want);
    assert.equal(await elbowOk("score", folder.at("m"), plain), want);
    const rows = numbers.trim().split("\n").slice(1).map((line) => `[${line}]`).join("\n");
    assert.equal(await elbowOk("score", folder.at("m"), folder.write("t.jsonl", rows)), want);
  }
  const wrong = folder.write("w.csv", "when,x\n20241301,3\n");
  await elbowOk(
    "train",
    folder.write("n.csv", cases[0][1]),
    "--out",
    folder.at("m"),
    "--column",
    cases[0][0],
    ...QUICK,
  );
  assert.match(
    await refused("score", folder.at("m"), wrong),
    /row 1 .*a time such as 20241231, got "20241301"/,
  );
});

Deno.test("names, telephone numbers and lists are not amounts, and versions are not dates", async () => {
  using folder = new Folder();
  const cells: readonly ((r: number) => string)[] = [
    (r) => `SKU${100 + r % 5}`,
    (r) => `030 123 ${100 + r % 5}`,
    (r) => `${r % 7} kg`,
    (r) => `1.2.${10 + r % 5}`,
    (r) => `$A${r % 5}`,
  ];
  for (const cell of cells) {
    const lines = Array.from({ length: 60 }, (_, r) => `${cell(r)};${r * r % 17}`);
    const data = folder.write("t.csv", ["name;x", ...lines, ""].join("\n"));
    const { columns } = JSON.parse(await elbowOk("report", data, "--json"));
    assert.equal(columns[0].kind, "categorical", cell(1));
  }
  // Numbers without decimals and units may be addresses or lists.
  const wholes: readonly ((r: number) => string)[] = [
    (r) => `10.100.200.${101 + r % 5}`,
    (r) => `"100,200,${300 + r % 7}"`,
  ];
  for (const cell of wholes) {
    const lines = Array.from({ length: 60 }, (_, r) => `${cell(r)},${r * r % 17}`);
    const data = folder.write("t.csv", ["name,x", ...lines, ""].join("\n"));
    assert.match(await refused("report", data), /row 1 \(line 2\), column "name": .*thousands/);
  }
});

Deno.test("a later amount may be above a thousand, or have a decimal that no earlier one had", async () => {
  using folder = new Folder();
  const below = AMOUNTS.map((amount) => (Math.abs(amount) % 1000).toFixed(2));
  for (const [separator, mark, thousands] of [[";", ",", "."], [",", ".", ","]]) {
    const write = (name: string, rows: readonly string[][]) => {
      const lines = [["price", "vat", "total"], ...rows].map((cells) =>
        cells.map((cell) => cell.includes(",") ? `"${cell}"` : cell).join(separator)
      );
      return folder.write(name, `${lines.join("\n")}\n`);
    };
    const rows = below.map((price, r) => [
      price.replace(".", mark),
      `${r % 2 ? 7 : 19} %`,
      grouped(AMOUNTS[r], thousands, mark),
    ]);
    const model = folder.at("m"), data = write("t.csv", rows);
    const { status, stderr } = await elbow(["train", data, "--out", model, ...QUICK]);
    assert.equal(status, 0, stderr);
    assert.doesNotMatch(stderr, /decimal points/);
    const rest = [`5${mark}5 %`, `3${mark}00`];
    const later = write("later.csv", [
      [`1${thousands}058${mark}38`, ...rest],
      [`1058${mark}38`, ...rest],
    ]);
    const [, withThousands, without] = (await elbowOk("score", model, later)).split("\n");
    assert.equal(withThousands.slice(1), without.slice(1));
    // Without decimals it may be little more than one.
    const unclear = write("unclear.csv", [[`1${thousands}058`, ...rest], [`5${mark}25`, ...rest]]);
    assert.match(
      await refused("score", model, unclear),
      /row 1 \(line 2\), column "price": .*"1[.,]058"/,
    );
  }
});
