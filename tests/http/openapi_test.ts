/** The OpenAPI document: valid by its standard, complete, and correct about requests and answers. */
import assert from "node:assert/strict";
import { csvRows } from "../../src/http/csv_rows.ts";
import { Ajv2020 } from "npm:ajv@8.20.0/dist/2020.js";
import { Validator } from "npm:@seriousme/openapi-schema-validator@2.11.0";
import { Hono } from "npm:hono@4.13.19";
import { memoryStore } from "../../src/http/mod.ts";
import { docsPage } from "../../src/http/openapi/docs_page.ts";
import { openApi } from "../../src/http/openapi/openapi.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { APP, createApp, MODELS, post, ROWS } from "./util.ts";
import { DOCUMENT, requireDocumented } from "./openapi.ts";

const ALL = { isAdmin: true, isTraining: true, takesCsv: true, hasTokens: true, prefix: "" };
const TOKENS = [{ hash: "0".repeat(64), scopes: ["admin", "train"] }] as const;

Deno.test("the document is valid OpenAPI 3.1, with every option", async () => {
  for (const isAdmin of [false, true]) {
    for (const hasTokens of [false, true]) {
      const options = { isAdmin, isTraining: isAdmin, hasTokens, prefix: "/some/where" };
      const document = structuredClone(openApi(options));
      const validator = new Validator();
      const { valid, errors } = await validator.validate(document);
      assert.ok(valid, JSON.stringify(errors));
      assert.equal(validator.version, "3.1");
    }
  }
  const broken = { ...structuredClone(DOCUMENT), paths: { "/x": { get: { responses: 7 } } } };
  assert.equal((await new Validator().validate(broken)).valid, false, "the meta-schema has teeth");
});

Deno.test("all its schemas are valid JSON Schema, and all references resolve", () => {
  const ajv = new Ajv2020({ strict: true, strictRequired: false, validateFormats: false });
  const schemas = (DOCUMENT.components as { schemas: Record<string, object> }).schemas;
  for (const [name, schema] of Object.entries(schemas)) assert.ok(ajv.compile(schema), name);
  for (const [, name] of JSON.stringify(DOCUMENT).matchAll(/#\/components\/schemas\/(\w+)/g)) {
    assert.ok(Object.hasOwn(schemas, name), name);
  }
});

Deno.test("every route is documented, and every documented operation is a route", async () => {
  const { queue } = openSqlite(":memory:", { now: Date.now });
  for (
    const [app, options] of [
      [
        createApp({ models: await memoryStore(), tokens: TOKENS, training: { queue }, csvRows }),
        ALL,
      ],
      [APP, { ...ALL, isAdmin: false, isTraining: false, takesCsv: false, hasTokens: false }],
    ] as const
  ) {
    const routes = app.routes.filter(({ method }) => method !== "ALL")
      .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, "{$1}")}`);
    const { paths } = openApi(options) as { paths: Record<string, object> };
    const documented = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
    );
    assert.deepEqual([...new Set(routes)].sort(), documented.sort());
    assert.equal(new Set(documented).size, documented.length);
  }
  await queue.close();
});

Deno.test("the app accepts the bodies that the document allows, and no others", async () => {
  // Bodies on both sides of every limit: the app and Ajv must agree on all of them.
  const row = [500, 1, -3];
  const bodies: [verb: string, body: unknown][] = [
    ...[[], [row], [row, row], [{ heat: 500, flow: 1, drift: -3 }], 7, null, [7], ["x"], [[
      500,
      null,
      -3,
    ]], [[500, [1], -3]]]
      .map((rows) => ["score", { rows }] as [string, unknown]),
    ...[0.2, 0, 1, -1, 0.5, "0.2", null].map((falseAlarmRate) =>
      ["score", { rows: [row], falseAlarmRate }] as [string, unknown]
    ),
    ...[1, 0, 2.5, -1, "1", null, 5].map((count) => ["sample", { count }] as [string, unknown]),
    ...[0, -7, 2 ** 53 - 1, 2 ** 53, 0.5].map((seed) =>
      ["sample", { count: 1, seed }] as [string, unknown]
    ),
    ...[true, 1].map((mean) => ["sample", { count: 1, mean }] as [string, unknown]),
    ...[3, 0, 1.5].map((samples) =>
      ["log-likelihood", { rows: [row], samples }] as [string, unknown]
    ),
    ["sample", {}],
    ["score", {}],
    ["score", [row]],
    ["encode", { rows: [row], seed: 1 }],
    ["score", { rows: [row], extra: 1 }],
  ];
  const ajv = new Ajv2020({ strict: false });
  const paths = DOCUMENT.paths as Record<string, Record<string, Record<string, unknown>>>;
  for (const [verb, body] of bodies) {
    const { requestBody } = paths[`/v1/models/{name}/${verb}`].post as {
      requestBody: { content: Record<string, { schema: object }> };
    };
    const allowed = ajv.validate(requestBody.content["application/json"].schema, body);
    const response = await post(`table/${verb}`, body);
    await response.body?.cancel();
    assert.equal(response.status === 200, allowed, `${verb} ${JSON.stringify(body)}`);
  }
});

Deno.test("the test app notices an answer that is not documented", async () => {
  const answer = await (await post("table/score", { rows: ROWS.slice(0, 1) })).json();
  const path = "/v1/models/table/score";
  await requireDocumented("POST", path, Response.json(answer));
  const wrong = [
    Response.json({ ...answer, extra: 1 }),
    Response.json({ ...answer, digest: "x" }),
    Response.json({ ...answer, rows: [{ score: null }] }),
    new Response("text", { headers: { "content-type": "text/plain" } }),
    Response.json(answer, { status: 404 }),
  ];
  for (const response of wrong) {
    await assert.rejects(requireDocumented("POST", path, response), assert.AssertionError);
  }
});

Deno.test("/docs is one page that loads and runs nothing", async () => {
  const response = await APP.request("/docs");
  assert.equal(response.headers.get("content-type"), "text/html; charset=utf-8");
  assert.match(
    response.headers.get("content-security-policy")!,
    /^default-src 'none'; style-src 'unsafe-inline'/,
  );
  const html = await response.text();
  assert.doesNotMatch(html, /<script|<link|<img|<iframe|\bsrc=|url\(|@import|https?:|\bon\w+=/i);
  const targets = new Set(Array.from(html.matchAll(/id="([^"]+)"/g), ([, id]) => id));
  const links = Array.from(html.matchAll(/href="#([^"]+)"/g), ([, id]) => id);
  assert.ok(links.length > 40, `${links.length}`);
  for (const link of links) assert.ok(targets.has(link), link);
});

Deno.test("the page describes bodies that have no schema, for every operation that takes them", () => {
  const sections = docsPage(openApi(ALL)).split("<section ").slice(1);
  const said = (id: string) => sections.find((each) => each.startsWith(`id="${id}"`)) ?? id;
  for (const id of ["score", "scoreAtVersion", "encode", "reconstructAtVersion"]) {
    assert.match(said(id), /float32, little-endian, row by row/, id);
  }
  assert.match(said("score"), /one row per line, of any length/);
  assert.match(said("upload"), /a model file/);
  assert.match(said("infer"), /JSON, then the bytes of tensors/);
});

Deno.test("each JSON body has an example that its schema allows; the page shows it as a command", () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const html = docsPage(openApi({ ...ALL, prefix: "/some/where" }));
  let examples = 0;
  for (const [path, methods] of Object.entries(DOCUMENT.paths as Record<string, object>)) {
    for (const { operationId, requestBody } of Object.values(methods)) {
      const { schema, example } = requestBody?.content["application/json"] ?? {};
      if (!schema) continue;
      examples++;
      assert.ok(ajv.validate(schema, example), `${operationId}: ${ajv.errorsText()}`);
      const places = /\{version\}/.test(path) ? "/versions/1" : "";
      assert.ok(html.includes(`$URL/some/where/v`) && html.includes(places), operationId);
      const json = JSON.stringify(example).replace(/["']/g, (each) => `&#${each.charCodeAt(0)};`);
      assert.ok(html.includes(`--json &#39;${json}&#39;`), operationId);
    }
  }
  assert.equal(examples, 19);
  assert.doesNotMatch(html, /undefined|\[object/);
});

Deno.test("/openapi.json names the prefix under which the app is mounted", async () => {
  const parent = new Hono().route("/elbow/api", createApp({ models: MODELS }));
  const { servers } = await (await parent.request("/elbow/api/openapi.json")).json();
  assert.deepEqual(servers, [{ url: "/elbow/api" }]);
  const own = await (await APP.request("/openapi.json")).json();
  assert.deepEqual(
    own,
    JSON.parse(JSON.stringify(openApi({ isAdmin: false, hasTokens: false, prefix: "" }))),
  );
});
