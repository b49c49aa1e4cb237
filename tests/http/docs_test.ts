/** docs/http.md: each curl request is made, and the answer has the shape shown below it. */
import assert from "node:assert/strict";
import { app } from "../../examples/server.ts";
import { requestExample } from "../../src/http/openapi/request_examples.ts";
import { VERBS } from "../../src/http/verbs/mod.ts";
import { EXAMPLE, numbersOf } from "../../scripts/http_examples.ts";
import { PROBLEMS } from "../../src/http/answers/problems.ts";

const TEXT = await Deno.readTextFile(new URL("../../docs/http.md", import.meta.url));

/** Keys and types; numbers are compared separately. */
function shapeOf(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shapeOf);
  if (typeof value !== "object" || value === null) return typeof value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, shapeOf(each)]));
}

/** The page rounds numbers, and kernels without fused multiply-add train slightly different networks. */
const TOLERANCE = 0.05;

Deno.test("every example of docs/http.md is answered as shown", async () => {
  const examples = [...TEXT.matchAll(EXAMPLE)];
  assert.equal(examples.length, TEXT.match(/curl -s/g)!.length - 2, "all but binary and CSV");
  assert.equal(examples.length, 12);
  for (const [, path, body, answer] of examples) {
    const init = { method: "POST", headers: { "content-type": "application/json" }, body };
    const response = await app.request(path, body === undefined ? {} : init);
    const got = await response.json(), written = JSON.parse(answer);
    assert.deepEqual(shapeOf(got), shapeOf(written), path);
    // A digest changes with every change of the kernels or of training.
    for (const [, digest] of answer.matchAll(/"digest": "(.*)"/g)) assert.equal(digest, "…");
    const wanted = numbersOf(written);
    numbersOf(got).forEach((value, i) => {
      const off = Math.abs(value - wanted[i]) / (1 + Math.abs(wanted[i]));
      assert.ok(off <= TOLERANCE, `${path}: ${value}, but the page says ${wanted[i]}`);
    });
  }
});

Deno.test("the examples in the OpenAPI document are answered by the model they are for", async () => {
  for (const verb of [...Object.keys(VERBS), "infer"]) {
    const path = verb === "infer" ? "/v2/models/pump/infer" : `/v1/models/pump/${verb}`;
    const response = await app.request(path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(requestExample(verb)),
    });
    const text = await response.text();
    // The pump's model has no classes.
    assert.equal(response.status, verb === "classify" ? 422 : 200, text);
    if (verb === "classify") assert.match(text, /the model has no classifier/);
  }
});

Deno.test("docs/http.md lists every type of problem with its status", () => {
  const listed = [...TEXT.matchAll(/^\| (\d+) +\| `([a-z-]+)` /gm)];
  assert.deepEqual(
    listed.map(([, status, name]) => [name, Number(status)]),
    Object.entries(PROBLEMS).map(([name, { status }]) => [name, status]),
  );
});

Deno.test("the binary example of docs/http.md gets the same answer as its JSON", async () => {
  const [, escapes, path] = /printf '([^']+)' \| curl -s 'localhost:8080([^']+)'/.exec(TEXT)!;
  const body = Uint8Array.from(escapes.matchAll(/\\(\d+)/g), ([, octal]) => parseInt(octal, 8));
  const ask = async (path: string, type: string, body: BodyInit) => {
    const init = { method: "POST", headers: { "content-type": type }, body };
    return await (await app.request(path, init)).json();
  };
  const json = JSON.stringify({ rows: [[1450, 43.5, 3.125]], falseAlarmRate: 0.05 });
  assert.deepEqual(
    await ask(path, "application/octet-stream", body),
    await ask(path.split("?")[0], "application/json", json),
  );
});

Deno.test("the CSV example of docs/http.md is answered as its JSON is", async () => {
  const [, csv, path] = /printf '([^']+)' \| curl -s '\S+:8080(\S+)' -H '\S+ text\/csv'/.exec(
    TEXT,
  )!;
  const ask = async (path: string, type: string, body: string) =>
    await (await app.request(path, { method: "POST", headers: { "content-type": type }, body }))
      .json();
  const json = JSON.stringify({ rows: [[1450, 43.6, 3.15]], explain: 1 });
  assert.deepEqual(
    await ask(path, "text/csv", csv.replaceAll("\\n", "\n")),
    await ask(path.split("?")[0], "application/json", json),
  );
});

Deno.test("docs/http.md names every option of createApp()", async () => {
  const source = await Deno.readTextFile(new URL("../../src/http/app.ts", import.meta.url));
  const [, body] = /export interface AppOptions \{([\s\S]*?)\n\}/.exec(source)!;
  for (const [, name] of body.matchAll(/readonly (\w+)\??:/g)) {
    assert.ok(TEXT.includes(`\`${name}`), name);
  }
});
