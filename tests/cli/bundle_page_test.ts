/**
 * How the page of `elbow bundle --target browser` reads a table. Expected rows are written by hand. The script is the
 * page's own, with fakes for the document and the Worker.
 */
import assert from "node:assert/strict";
import { BROWSER } from "../../src/cli/bundle/browser.ts";
import { PAGE_SCRIPT } from "../../src/cli/bundle/browser_script.ts";

type Read = (
  model: {
    readonly columns: readonly string[];
    readonly texts: readonly string[];
    readonly isTable: boolean;
  },
  text: string,
) => Record<string, unknown>[];

async function pageReader(): Promise<Read> {
  const script = PAGE_SCRIPT.replace(/const scorer = new Worker\(.*\);/, "const scorer = {};");
  assert.notEqual(script, PAGE_SCRIPT);
  const source = `const document = { getElementById: () => ({}) };
${script}
export const read = (its, text) => { model = its; return rowsOf(text); };`;
  return (await import(`data:text/javascript,${encodeURIComponent(source)}`)).read;
}

Deno.test("the page of a bare model does not take a header for a row, and finds columns by name if it knows the names", async () => {
  const read = await pageReader(), bare = { columns: ["x0", "x1"], texts: [], isTable: false };
  assert.deepEqual(read(bare, "volts,amps\n1,2\n3,4\n"), [{ x0: 1, x1: 2 }, { x0: 3, x1: 4 }]);
  assert.deepEqual(read(bare, "1,2\n"), [{ x0: 1, x1: 2 }]);
  const named = { columns: ["volts", "amps"], texts: [], isTable: false };
  assert.deepEqual(read(named, "amps,volts\n1,2\n"), [{ amps: 1, volts: 2 }]);
  // In a table, a first line of texts may be a row.
  const table = { columns: ["mode", "place"], texts: ["mode", "place"], isTable: true };
  assert.deepEqual(read(table, "idle,north\nrun,south\n").length, 2);
  assert.throws(() => read(bare, "volts,amps\n"), /no rows below the header/);
});

Deno.test("the page keeps texts unchanged in columns with levels: 01234 is not 1234", async () => {
  const read = await pageReader();
  const model = { columns: ["code", "flow"], texts: ["code"], isTable: true };
  assert.deepEqual(read(model, "flow,code\n01.50,01234\n,\n"), [
    { flow: 1.5, code: "01234" },
    { flow: "", code: "" },
  ]);
});

Deno.test("the page keeps amounts as texts: 1.150 may be a thousand", async () => {
  const worker = BROWSER.files({ name: "m", kind: "detector" })["scorer.js"];
  const script = worker.replace(/^import .*$/m, "const TableScorer = { load: () => MODEL };")
    .replace("new URL(", "String(").replace("import.meta.url", '""');
  assert.notEqual(script, worker);
  const schema = [
    { name: "price", kind: "numeric", format: "1.234,50" },
    { name: "mode", kind: "binary", levels: ["idle", "run"] },
    { name: "flow", kind: "numeric" },
  ];
  const source = `let posted, onmessage;
const MODEL = ${JSON.stringify({ schema, columns: schema.map(({ name }) => name) })};
const postMessage = (message) => posted = message;
${script}
export { posted };`;
  const { posted } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
  assert.deepEqual(posted.ready.texts, ["price", "mode"]);
  const read = await pageReader();
  assert.deepEqual(read(posted.ready, "price,mode,flow\n1.150,idle,2.0\n"), [
    { price: "1.150", mode: "idle", flow: 2 },
  ]);
});
