/** Models over HTTP: upload, versions, aliases, deletion, preconditions, and refusals. */
import assert from "node:assert/strict";
import { Detector, VAE } from "../../mod.ts";
import {
  type App,
  digestOf,
  memoryStore,
  type ModelStore,
  TableScorer,
} from "../../src/http/mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { Database } from "../../src/storage/sqlite/database.ts";
import { sqliteModels } from "../../src/storage/sqlite/models.ts";
import { COLUMNS, createApp, PLAIN, problemOf, ROWS, TABLE } from "./util.ts";

const ADMIN = "admin-token-of-the-tests-0123456789";
const SCORE = "score-token-of-the-tests-0123456789";

const hash = async (text: string) => await digestOf(new TextEncoder().encode(text));
const TOKENS = [
  { hash: await hash(ADMIN), scopes: ["admin"] },
  { hash: await hash(SCORE), scopes: ["score"] },
] as const;

const FIRST = TABLE.save();
const SECOND = (await Detector.fit(ROWS, {
  columns: COLUMNS,
  epochs: 2,
  hidden: [4],
  latent: 1,
  seed: 9,
})).save();

async function storeApp(): Promise<App> {
  return createApp({ models: await memoryStore(), tokens: TOKENS, maxModelBytes: 100_000 });
}

function put(
  app: App,
  path: string,
  body: Uint8Array | string,
  headers: Record<string, string> = {},
): Promise<Response> {
  const type = typeof body === "string" ? "application/json" : "application/octet-stream";
  return Promise.resolve(app.request(path, {
    method: "PUT",
    headers: { authorization: `Bearer ${ADMIN}`, "content-type": type, ...headers },
    body: body as BodyInit,
  }));
}

async function get(app: App, path: string, init: RequestInit = {}): Promise<Response> {
  const headers = { authorization: `Bearer ${SCORE}`, ...init.headers };
  return await app.request(path, { ...init, headers });
}

function remove(app: App, path: string): Promise<Response> {
  const headers = { authorization: `Bearer ${ADMIN}` };
  return Promise.resolve(app.request(path, { method: "DELETE", headers }));
}

async function score(app: App, path: string): Promise<Record<string, unknown>> {
  const response = await get(app, `/v1/models/${path}/score`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ rows: ROWS.slice(0, 3) }),
  });
  assert.equal(response.status, 200, await response.clone().text());
  return await response.json();
}

Deno.test("an upload is served at once as the next version, and later by its number", async () => {
  const app = await storeApp();
  const [first, second] = [await digestOf(FIRST), await digestOf(SECOND)];
  const created = await put(app, "/v1/models/pump", FIRST);
  assert.equal(created.status, 201);
  assert.equal(created.headers.get("location"), "pump/versions/1");
  assert.equal(created.headers.get("etag"), `"${first}"`);
  const { created: time, ...version } = await created.json();
  assert.deepEqual(version, { model: "pump", version: 1, digest: first, bytes: FIRST.length });
  assert.ok(Math.abs(Date.parse(time) - Date.now()) < 60_000);

  const again = await put(app, "/v1/models/pump", FIRST);
  assert.deepEqual([again.status, (await again.json()).version], [200, 1]);
  assert.equal((await put(app, "/v1/models/pump", SECOND)).status, 201);

  const oracle = async (bytes: Uint8Array) =>
    JSON.parse(JSON.stringify(await (await TableScorer.load(bytes)).score(ROWS.slice(0, 3))));
  const now = await score(app, "pump"), before = await score(app, "pump/versions/1");
  assert.deepEqual([now.version, now.digest, now.rows], [2, second, await oracle(SECOND)]);
  assert.deepEqual([before.version, before.digest, before.rows], [1, first, await oracle(FIRST)]);

  const { versions } = await (await get(app, "/v1/models/pump/versions")).json();
  assert.deepEqual(versions.map((each: { digest: string }) => each.digest), [first, second]);
  const described = await get(app, "/v1/models/pump/versions/1");
  assert.equal(described.headers.get("etag"), `"${first}"`);
  assert.deepEqual((await described.json()).columns, COLUMNS);
});

Deno.test("deleting a version brings back the one before; numbers are never reused", async () => {
  const app = await storeApp();
  await put(app, "/v1/models/pump", FIRST);
  await put(app, "/v1/models/pump", SECOND);
  assert.equal((await remove(app, "/v1/models/pump/versions/2")).status, 204);
  assert.equal((await score(app, "pump")).version, 1);
  await problemOf(await get(app, "/v1/models/pump/versions/2"), "unknown-model");
  assert.equal((await (await put(app, "/v1/models/pump", SECOND)).json()).version, 3);
  assert.equal((await remove(app, "/v1/models/pump")).status, 204);
  await problemOf(await get(app, "/v1/models/pump"), "unknown-model");
  await problemOf(await remove(app, "/v1/models/pump"), "unknown-model");
  assert.deepEqual(await (await get(app, "/v1/models")).json(), { models: [] });
  assert.equal((await (await put(app, "/v1/models/pump", FIRST)).json()).version, 4);
});

Deno.test("the bytes of a deleted model leave the store, unless another name refers to them", async () => {
  const store = await memoryStore({ kept: FIRST, gone: FIRST });
  const app = createApp({ models: store, tokens: TOKENS });
  const digest = await digestOf(FIRST);
  await remove(app, "/v1/models/gone");
  assert.ok(await store.read(digest));
  await remove(app, "/v1/models/kept");
  assert.equal(await store.read(digest), undefined);
});

Deno.test("an alias follows a model, or stays at a version", async () => {
  const app = await storeApp();
  await put(app, "/v1/models/pump", FIRST);
  await put(app, "/v1/models/pump", SECOND);
  const alias = (body: unknown, name = "live") =>
    put(app, `/v1/aliases/${name}`, JSON.stringify(body));
  assert.equal((await alias({ model: "pump" })).status, 201);
  assert.deepEqual(await score(app, "live"), await score(app, "pump"));
  assert.equal((await score(app, "live")).model, "pump");
  assert.equal((await alias({ model: "pump", version: 1 })).status, 200);
  assert.equal((await score(app, "live")).version, 1);
  assert.equal((await score(app, "live/versions/2")).version, 2);
  assert.deepEqual(await (await get(app, "/v1/aliases")).json(), {
    aliases: [{ alias: "live", model: "pump", version: 1 }],
  });
  await problemOf(await alias({ model: "pump", version: 3 }), "unknown-model");
  await problemOf(await alias({ model: "none" }), "unknown-model");
  await problemOf(await alias({ model: "live" }), "unknown-model");
  await problemOf(await alias({ model: "pump" }, "pump"), "conflict");
  await problemOf(await alias({ model: "../x" }), "invalid-body");
  await problemOf(await alias({ model: "pump", version: 0 }), "invalid-body");
  await problemOf(await put(app, "/v1/models/live", FIRST), "conflict");
  await problemOf(await remove(app, "/v1/models/pump/versions/1"), "conflict");
  await problemOf(await remove(app, "/v1/models/pump"), "conflict");
  assert.equal((await remove(app, "/v1/models/pump/versions/2")).status, 204);
  assert.equal((await remove(app, "/v1/aliases/live")).status, 204);
  await problemOf(await remove(app, "/v1/aliases/live"), "unknown-model");
  assert.equal((await remove(app, "/v1/models/pump")).status, 204);
});

Deno.test("preconditions: create only, or replace only the expected version", async () => {
  const app = await storeApp(), [first, second] = [await digestOf(FIRST), await digestOf(SECOND)];
  const attempt = async (bytes: Uint8Array, headers: Record<string, string>) =>
    (await put(app, "/v1/models/pump", bytes, headers)).status;
  assert.equal(await attempt(FIRST, { "if-match": `"${first}"` }), 412);
  assert.equal(await attempt(FIRST, { "if-none-match": "*" }), 201);
  assert.equal(await attempt(SECOND, { "if-none-match": "*" }), 412);
  assert.equal(await attempt(SECOND, { "if-match": `"${second}"` }), 412);
  assert.equal(await attempt(SECOND, { "if-match": `"${second}", "${first}"` }), 201);
  assert.equal(await attempt(FIRST, { "if-match": `W/"${second}"` }), 412, "weak tags");
  assert.equal(await attempt(SECOND, { "if-match": "*" }), 200);
  assert.equal(await attempt(FIRST, { "if-none-match": `"${second}"` }), 412);
  const other = await put(app, "/v1/models/other", FIRST, { "if-match": "*" });
  assert.equal(other.status, 412);
  const race = await Promise.all(
    [FIRST, PLAIN.save()].map((bytes) => attempt(bytes, { "if-match": `"${second}"` })),
  );
  assert.deepEqual(race.sort(), [201, 412]);
});

Deno.test("GET with the current tag gets 304, and DELETE respects If-Match", async () => {
  const app = await storeApp();
  const etag = (await put(app, "/v1/models/pump", FIRST)).headers.get("etag")!;
  for (const tags of [etag, `W/${etag}`, `"x", ${etag}`, "*"]) {
    const unchanged = await get(app, "/v1/models/pump", { headers: { "if-none-match": tags } });
    assert.deepEqual([unchanged.status, unchanged.headers.get("etag"), await unchanged.text()], [
      ...[304, etag, ""],
    ]);
  }
  const changed = await get(app, "/v1/models/pump", { headers: { "if-none-match": '"x"' } });
  assert.equal(changed.status, 200);
  await changed.body?.cancel();
  const removal = (tag: string) =>
    app.request("/v1/models/pump", {
      method: "DELETE",
      headers: { authorization: `Bearer ${ADMIN}`, "if-match": tag },
    });
  await problemOf(await removal('"x"'), "precondition-failed");
  assert.equal((await removal(etag)).status, 204);
});

Deno.test("files that are no models are refused with the reason, and change nothing", async () => {
  const app = await storeApp();
  await put(app, "/v1/models/pump", FIRST);
  const flipped = FIRST.slice();
  flipped[flipped.length - 5] ^= 1;
  const wide = VAE.create({
    inputs: 20_000,
    latent: [{ size: 1 }],
    encoder: { hidden: [1] },
    decoder: { hidden: [1] },
  }, { seed: 1 });
  const big = createApp({ models: await memoryStore(), tokens: TOKENS });
  const bodies: [Uint8Array, RegExp, App?][] = [
    [new Uint8Array(), /at least 8 bytes/],
    [new Uint8Array(100), /not an Elbow model file/],
    [new TextEncoder().encode("not a model at all"), /not an Elbow model file/],
    [FIRST.subarray(0, FIRST.length - 1), /data must be/],
    [new Uint8Array([...FIRST, 0]), /data must be/],
    [flipped, /damaged \(its checksum/],
    [wide.save(), /no layer may be wider than 16384/, big],
  ];
  for (const [bytes, message, target = app] of bodies) {
    const problem = await problemOf(await put(target, "/v1/models/pump", bytes), "invalid-model");
    assert.match(problem.detail, message);
  }
  await problemOf(await put(app, "/v1/models/pump", new Uint8Array(100_001)), "body-too-large");
  await problemOf(await put(app, "/v1/models/pump", "{}"), "unsupported-media-type");
  for (const name of ["..%2fpump", "a%00", "-x", "a".repeat(65), "__proto__"]) {
    const problem = await problemOf(await put(app, `/v1/models/${name}`, FIRST), "invalid-body");
    assert.match(problem.detail, /a name is 1 to 64 letters/);
  }
  // A request for something that does not exist is told where the list is.
  const lists = [
    ["/v1/models/pomp", "/v1/models"],
    ["/v1/models/pump/versions/9", "/v1/models/NAME/versions"],
    ["/v1/aliases/pomp", "/v1/aliases"],
  ];
  for (const [path, list] of lists) {
    const problem = await problemOf(await remove(app, path), "unknown-model");
    assert.ok(problem.detail.includes(`: GET ${list} lists`), problem.detail);
  }
  assert.equal((await score(app, "pump")).version, 1);
});

Deno.test("every bit of a model file counts: no flipped bit is taken for a model", async () => {
  // The digest of an upload includes any damage, so the file's own checksum and rules must find it.
  const app = await storeApp(), bytes = PLAIN.save();
  let refused = 0;
  for (let bit = 0; bit < bytes.length * 8; bit += 13) {
    const damaged = bytes.slice();
    damaged[bit >> 3] ^= 1 << (bit & 7);
    const response = await put(app, "/v1/models/x", damaged);
    assert.equal(response.status, 422, `bit ${bit}`);
    refused++;
  }
  assert.ok(refused > 200, `${refused}`);
  assert.deepEqual(await (await get(app, "/v1/models")).json(), { models: [] });
});

Deno.test("a store whose bytes are damaged or missing does not serve them", async () => {
  const store = await memoryStore({ pump: FIRST });
  await store.write(await digestOf(FIRST), SECOND);
  const errors: unknown[] = [];
  const app = createApp({ models: store, onError: (error) => errors.push(error) });
  const problem = await problemOf(await app.request("/v1/models/pump"), "internal");
  assert.doesNotMatch(problem.detail, /digest|bytes/);
  assert.match(String(errors[0]), /damaged or gone/);
});

Deno.test("a full disk is reported, and existing models are still served", async () => {
  const folder = await Deno.makeTempDir();
  const db = new Database(`${folder}/models.db`);
  const store = sqliteModels(db), small = new Registry(store);
  await small.put("pump", FIRST);
  db.row("PRAGMA max_page_count = 1");
  const app = createApp({ models: store, tokens: TOKENS, onError: () => {} });
  const full = await put(app, "/v1/models/pump", PLAIN.save());
  assert.equal(full.headers.get("retry-after"), "60");
  await problemOf(full, "storage-full");
  assert.equal((await get(app, "/v1/models/pump")).status, 200);
  db.row("PRAGMA max_page_count = 100000");
  assert.equal((await put(app, "/v1/models/pump", PLAIN.save())).status, 201);
  db.close();
  await Deno.remove(folder, { recursive: true });
});

Deno.test("after a temporary failure of the store, the next request is served", async () => {
  const store = await memoryStore({ pump: FIRST });
  let fails = 1;
  const flaky: ModelStore = {
    ...store,
    read: (digest) => fails-- > 0 ? Promise.reject(new Error("locked")) : store.read(digest),
  };
  const app = createApp({ models: flaky, onError: () => {} });
  assert.equal((await app.request("/v1/models/pump")).status, 500);
  assert.equal((await app.request("/v1/models/pump")).status, 200);
});

Deno.test("a model deleted by one server while another stores it keeps its bytes", async () => {
  // The two orders of the servers' operations on the store in which neither needs to repair anything.
  for (const last of ["read", "write"] as const) {
    const store = await memoryStore({ old: FIRST });
    const { promise: gate, resolve: open } = Promise.withResolvers<void>();
    const deleting: ModelStore = {
      ...store,
      async remove(digest) {
        if (last === "read") await gate;
        await store.remove(digest);
        if (last === "write") open();
      },
    };
    const storing: ModelStore = {
      ...store,
      async replaceIndex(index, revision) {
        if (last === "write") await gate;
        return await store.replaceIndex(index, revision);
      },
    };
    const one = new Registry(deleting), two = new Registry(storing);
    const deletion = one.delete("old");
    const stored = two.put("new", FIRST);
    if (last === "read") await stored, open();
    await Promise.all([deletion, stored]);
    assert.equal((await new Registry(store).find("new"))!.name, "new", last);
  }
});

Deno.test("a version that another server replaces and deletes while it is read is followed by the next", async () => {
  const store = await memoryStore({ pump: FIRST });
  const other = new Registry(store);
  let isFirst = true;
  const slow: ModelStore = {
    ...store,
    async read(digest) {
      if (!isFirst) return await store.read(digest);
      isFirst = false;
      await other.put("pump", SECOND);
      await other.delete("pump", 1);
      return await store.read(digest);
    },
  };
  assert.equal((await new Registry(slow).find("pump"))!.version, 2);
});

Deno.test("one damaged model, or more models than are kept loaded, does not affect the others", async () => {
  const files = Array.from({ length: 70 }, (_, i) => {
    const small = VAE.create({ inputs: 1, latent: [{ size: 1 }] }, { seed: i });
    return [`m${i}`, i === 3 ? SECOND : small.save()] as const;
  });
  const store = await memoryStore(Object.fromEntries(files));
  await store.write(await digestOf(SECOND), FIRST);
  let reads = 0;
  const counted = { ...store, read: (digest: string) => (reads++, store.read(digest)) };
  const app = createApp({ models: counted, onError: () => {} });
  assert.deepEqual(await (await app.request("/health/ready")).json(), {
    status: "ready",
    models: 70,
  });
  assert.match(await (await app.request("/metrics")).text(), /elbow_models 70/);
  assert.equal(reads, 0);
  const listing = async () => (await (await app.request("/v1/models")).json()).models;
  const listed = await listing();
  assert.equal(listed.length, 70);
  const { name, kind } = listed[3];
  assert.deepEqual([name, kind, listed[4].kind], ["m3", "damaged", "vae"]);
  const before = reads;
  await listing();
  // The damaged one is tried again, in case the fault was temporary.
  assert.equal(reads - before, 1);
});

Deno.test("without a token for admin nothing can be changed, and the routes do not exist", async () => {
  const open = createApp({ models: await memoryStore({ pump: FIRST }) });
  for (const [method, path] of [["PUT", "/v1/models/x"], ["DELETE", "/v1/models/pump"]]) {
    const response = await open.request(path, { method });
    assert.equal(response.headers.get("allow"), "GET, HEAD");
    await problemOf(response, "method-not-allowed");
  }
  await problemOf(await open.request("/v1/aliases/x", { method: "PUT" }), "unknown-route");
  assert.throws(() => createApp({ models: { TABLE }, tokens: TOKENS }), /models must be a store/);
});

Deno.test("a model file without a stated type counts as bytes, as a plain fetch sends them (RFC 9110, 8.3)", async () => {
  const app = await storeApp(), headers = { authorization: `Bearer ${ADMIN}` };
  const send = (more: Record<string, string> = {}) =>
    app.request("/v1/models/pump", {
      method: "PUT",
      headers: { ...headers, ...more },
      body: FIRST as BodyInit,
    });
  const answer = await send();
  assert.equal(answer.status, 201);
  assert.equal((await answer.json()).digest, await digestOf(FIRST));
  // A stated type still counts.
  await problemOf(await send({ "content-type": "text/plain" }), "unsupported-media-type");
  await problemOf(await send({ "content-encoding": "gzip" }), "unsupported-media-type");
});
