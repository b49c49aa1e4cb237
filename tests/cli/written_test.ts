/**
 * Dates and amounts as people write them, in files that the commands train on and score. Oracle: the same table in ISO
 * 8601 and plain numbers, of which models and scores have the same bytes.
 */
import assert from "node:assert/strict";
import { elbow, elbowOk, Folder, QUICK, refused } from "./util.ts";

const ROWS = 60;

/** Times, and amounts with two digits behind the mark, some of them above a thousand. */
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
  Deno.test(`a table with dates and amounts, ${writing.name}, scores as the same in ISO 8601 and plain numbers`, async () => {
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
    // Where a comma marks the tenths, 300.00 may be thirty thousand.
    if (writing.name === "German") {
      assert.match(await refused("score", second, plain), /a number such as 1\.234,50/);
    } else assert.equal(await elbowOk("score", second, plain), want);
    const json = TIMES.map((at, r) =>
      JSON.stringify({ when: at, price: AMOUNTS[r], x: r * r % 17 })
    );
    assert.equal(await elbowOk("score", second, folder.write("t.jsonl", json.join("\n"))), want);
  });
}

Deno.test("a format is declared where the table does not tell it, and is kept in the model", async () => {
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
  // A thousand times too small is a thousand times too small.
  const small = folder.write("small.csv", "when;price;x\n12/31/2024;1.150;3\n12/31/2024;1,15;3\n");
  const scores = (await elbowOk("score", model, small)).trim().split("\n").slice(1)
    .map((line) => Number(line.split(",")[1]));
  assert.ok(scores[1] > 3 * scores[0], `${scores}`);
  for (const wrong of ["when=timestamp:ymd", "x=numeric:dmy", "x=count:1"]) {
    assert.match(
      await refused("train", data, "--out", model, "--column", wrong),
      /has no levels, and its format is /,
    );
  }
});

Deno.test("names, telephone numbers and lists are no amounts, and versions no dates", async () => {
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
  // Numbers without tenths and without a unit may be addresses, or lists.
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
