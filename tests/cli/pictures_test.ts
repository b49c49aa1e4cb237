/** Pictures written by the commands: their size, and what is refused. */
import assert from "node:assert/strict";
import { encodeNpz } from "../../src/formats/numpy/npz_encode.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

const DATA = tableCsv(40, { label: true });

async function trained(folder: Folder) {
  const data = folder.write("t.csv", DATA);
  const model = folder.at("m.safetensors"), curve = folder.at("loss.svg");
  await elbowOk("train", data, "--label", "kind", "--out", model, ...QUICK, "--curve", curve);
  return { data, model, curve };
}

/** Width and height in the header of a PNG file. */
function sizeOf(path: string): [number, number] {
  const view = new DataView(Deno.readFileSync(path).buffer);
  return [view.getUint32(16), view.getUint32(20)];
}

Deno.test("sample, reconstruct and encode write pictures; train writes its curve", async () => {
  using folder = new Folder();
  const { data, model, curve } = await trained(folder);
  assert.match(Deno.readTextFileSync(curve), /^<svg [^]*−ELBO[^]*<\/svg>\n$/);
  const png = folder.at("p.png"), svg = folder.at("z.svg");
  // Four columns are images of 2 x 2 pixels; each takes 3 with its border, and 1 closes the grid. Pixels are drawn as
  // squares of 14, so that an image is 28 wide.
  assert.equal(await elbowOk("sample", model, "--count", "6", "--across", "3", "--out", png), "");
  assert.deepEqual(sizeOf(png), [140, 98]);
  await elbowOk("sample", model, "--manifold", "5", "--out", png);
  assert.deepEqual(sizeOf(png), [224, 224]);
  const grid = folder.at("p.svg");
  await elbowOk("sample", model, "--manifold", "5", "--out", grid);
  // The SVG contains the PNG of the same command, byte for byte.
  const [, size, base64] =
    /^<svg [^>]* (width="224" height="224")>\n<image .*base64,(.*)"\/>\n<\/svg>\n$/
      .exec(Deno.readTextFileSync(grid)) ?? [];
  assert.ok(size);
  assert.deepEqual(Uint8Array.fromBase64(base64), Deno.readFileSync(png));
  await elbow(["reconstruct", model, data, "--image-width", "4", "--across", "20", "--out", png]);
  assert.deepEqual(sizeOf(png), [707, 63]);
  await elbow(["encode", model, data, "--label", "kind", "--axes", "1,0", "--out", svg]);
  const chart = Deno.readTextFileSync(svg);
  assert.equal(chart.match(/<circle/g)?.length, 40);
  assert.match(chart, />dimension 1<[^]*>dimension 0</);
});

Deno.test("encode --label gives each class a colour: numbers, texts, missing cells, from files and standard input", async () => {
  using folder = new Folder();
  const { model } = await trained(folder);
  const [header, ...rows] = DATA.trimEnd().split("\n"), svg = folder.at("z.svg");
  const names = header.split(",").slice(0, -1).join();
  const table = (classOf: (row: number) => string) =>
    [`${names},class`, ...rows.map((row, r) => `${row.replace(/[^,]*$/, "")}${classOf(r)}`)]
      .join("\n") + "\n";
  const legend = () =>
    [...Deno.readTextFileSync(svg).matchAll(/fill="#[0-9a-f]{6}"\/><text[^>]*>([^<]*)</g)]
      .map(([, name]) => name);
  const encode = async (csv: string, path = folder.write("c.csv", csv)) => {
    const stdin = new TextEncoder().encode(csv);
    const { status, stderr } = await elbow([
      "encode",
      model,
      path,
      "--label",
      "class",
      "--out",
      svg,
    ], {
      async *stdinPieces() {
        yield stdin;
      },
    });
    assert.deepEqual([status, stderr.replace(/.*first network.*\n/, "")], [0, ""]);
    return Deno.readTextFileSync(svg);
  };
  const digits = table((r) => `${(r * 7) % 10}`);
  const drawn = await encode(digits);
  assert.deepEqual(legend(), ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
  assert.equal(drawn.match(/<g fill="#/g)?.length, 10);
  assert.equal(await encode(digits, "-"), drawn);
  await encode(table((r) => ["setosa", "virginica", ""][r % 3]));
  assert.deepEqual(legend(), ["", "setosa", "virginica"]);

  // An NPZ file's classes are its member y, or another.
  const values = rows.flatMap((row) => row.split(",").slice(0, 4).map(Number));
  const npz = encodeNpz(
    new Map([
      ["X", { data: Float64Array.from(values), shape: [rows.length, 4] }],
      ["y", { data: Float64Array.from(rows, (_, r) => r % 3 + 5), shape: [rows.length] }],
    ]),
  );
  const archive = folder.write("c.npz", npz);
  await elbow(["encode", model, archive, "--out", svg]);
  assert.deepEqual(legend(), ["5", "6", "7"]);
  assert.match(
    await refused("encode", model, archive, "--label", "nope", "--out", svg),
    /column "nope": expected one of the columns/,
  );

  const many = folder.write("m.csv", table((r) => `${r}`));
  assert.match(
    await refused("encode", model, many, "--label", "class", "--out", svg),
    /Cannot draw --label: its column has 40 values, and at most 10 can have a colour/,
  );
});

Deno.test("a file name for another format is refused before anything is computed", async () => {
  using folder = new Folder();
  const { model, data } = await trained(folder);
  const jpg = folder.at("p.JPG"), svg = folder.at("p.svg"), png = folder.at("p.png");
  const commands = [["sample", model, "--count", "2"], ["reconstruct", model, data]];
  for (const command of commands) {
    const said = await refused(...command, "--out", jpg);
    assert.match(said, /must end in \.csv or \.png or \.svg, got "\.jpg"/);
  }
  assert.match(await refused("encode", model, data, "--out", png), /in \.csv or \.svg, .*"\.png"/);
  assert.match(await refused("score", model, data, "--out", svg), /in \.csv, .*"\.svg"/);
  assert.match(await refused("train", data, "--out", "m", "--curve", png), /in \.svg, .*"\.png"/);
  for (const path of [jpg, svg, png]) {
    assert.throws(() => Deno.statSync(path), Deno.errors.NotFound);
  }
  const out = folder.at("plain");
  await elbowOk("sample", model, "--count", "2", "--out", out);
  assert.equal(Deno.readTextFileSync(out).trimEnd().split("\n").length, 3);
});

Deno.test("pictures that cannot be drawn are refused with their reason", async () => {
  using folder = new Folder();
  const { model, data } = await trained(folder);
  const png = folder.at("p.png");
  const wide = await refused("sample", model, "--count", "2", "--image-width", "3", "--out", png);
  assert.match(wide, /4 pixels must be whole lines/);
  const axes = await elbow(["encode", model, data, "--axes", "0,9", "--out", folder.at("z.svg")]);
  assert.equal(axes.status, 2);
  assert.match(axes.stderr, /latent dimensions 0 and 9: the model has 2/);
  assert.match(await refused("encode", model, data, "--axes", "0", "--out", "z.svg"), /two whole/);
  assert.throws(() => Deno.statSync(png), Deno.errors.NotFound);
});
