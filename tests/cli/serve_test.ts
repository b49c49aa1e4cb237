/** `elbow serve`: the models of a folder by name, a free port, tokens, and an orderly end. */
import assert from "node:assert/strict";
import { TableScorer, VAE } from "../../mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { digestOf } from "../../src/storage/model_store.ts";
import { openSqlite } from "../../src/storage/sqlite/mod.ts";
import { serveElbow } from "../util/elbow_server.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

/** Serves on a free port until `ask` is done. @returns what was written to standard error */
async function serving(
  args: readonly string[],
  ask: (url: string) => Promise<void>,
): Promise<string> {
  const controller = new AbortController(), listening = Promise.withResolvers<string>();
  const done = elbow(["serve", "--port", "0", "--json", ...args], {
    signal: controller.signal,
    // The line arrives in pieces; the address is in the first.
    stdout: (text) => typeof text === "string" && text.startsWith("{") && listening.resolve(text),
  });
  await ask(/http:\/\/127\.0\.0\.1:\d+/.exec(await listening.promise)![0]);
  controller.abort();
  const { status, stderr } = await done;
  assert.equal(status, 0, stderr);
  return stderr;
}

Deno.test("elbow serve serves each file under its name until it is interrupted", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const checkpoint = ["--checkpoint", folder.path];
  await elbowOk("train", data, "--out", folder.at("pumps.safetensors"), ...QUICK, ...checkpoint);
  const scorer = await TableScorer.load(Deno.readFileSync(folder.at("pumps.safetensors")));
  folder.write("bare.safetensors", scorer.vae.save());

  const stderr = await serving(["--models", folder.path], async (url) => {
    const list = await (await fetch(`${url}/v1/models`)).json();
    const names = list.models.map(({ name }: { name: string }) => name);
    assert.deepEqual(names.sort(), ["bare", "pumps"]);
    const row = { a: 1, b: 2, c: 3, d: 4 };
    const response = await fetch(`${url}/v1/models/pumps/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ rows: [row] }),
    });
    assert.equal(response.status, 200);
    assert.ok(
      JSON.stringify(await response.json()).includes(`${(await scorer.score([row]))[0].score}`),
    );
  });
  assert.match(stderr, /checkpoint\.safetensors is a checkpoint and is not served/);
  assert.match(stderr, /2 models at http:/);
});

Deno.test("elbow serve counts the models that exist, without deleted ones", async () => {
  using folder = new Folder();
  const models = `${folder.path}/models.db`, storage = openSqlite(models, { now: Date.now });
  const registry = new Registry(storage.models);
  const file = VAE.create({ inputs: 2, latent: [{ size: 1 }] }).save() as Uint8Array<ArrayBuffer>;
  for (const name of ["kept", "gone"]) await registry.put(name, file);
  await registry.delete("gone");
  await storage.queue.close();
  const controller = new AbortController();
  let said = "";
  const { status, stdout } = await elbow(["serve", "--db", models, "--port", "0", "--json"], {
    signal: controller.signal,
    stderr(text) {
      said += text;
      if (text.includes("Ctrl-C")) controller.abort();
    },
  });
  assert.equal(status, 0, said);
  assert.match(said, /^elbow: 1 model at http:/);
  assert.deepEqual(JSON.parse(stdout).models, ["kept"]);
});

Deno.test("elbow serve refuses a folder without models, a damaged model, and a port in use", async () => {
  using folder = new Folder();
  assert.match(await refused("serve", "--models", folder.path), /holds no \.safetensors model/);
  assert.match(await refused("serve", "--models", folder.path, "--port", "70000"), /at most 65535/);
  const data = folder.write("t.csv", tableCsv());
  await elbowOk("train", data, "--out", folder.at("m.safetensors"), ...QUICK);
  const taken = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => new Response());
  const { status, stderr } = await elbow([
    "serve",
    "--models",
    folder.path,
    "--port",
    `${taken.addr.port}`,
  ]);
  await taken.shutdown();
  assert.equal(status, 1);
  assert.match(stderr, /^elbow: [^\n]*in use[^\n]*\n$/i);
  Deno.renameSync(folder.at("m.safetensors"), folder.at("m.st"));
  const { stderr: renamed } = await elbow(["serve", "--models", folder.path]);
  assert.match(renamed, /m\.st is not served, because its name does not end in \.safetensors\n/);
  assert.doesNotMatch(renamed, /t\.csv/);
  Deno.removeSync(folder.at("m.st"));
  folder.write("n.safetensors", "not a model");
  assert.match(await refused("serve", "--models", folder.path), /Cannot read .*n\.safetensors/);
});

Deno.test("elbow serve --host listens at that address, and names one that is not here", async () => {
  using folder = new Folder();
  folder.write("m.safetensors", VAE.create({ inputs: 3, latent: [{ size: 2 }] }).save());
  const at = (host: string) => ["serve", "--models", folder.path, "--port", "0", "--host", host];
  const controller = new AbortController();
  let asked: Promise<number> | undefined;
  const { status, stdout } = await elbow([...at("0.0.0.0"), "--json"], {
    signal: controller.signal,
    stderr(text) {
      const port = /at http:\/\/0\.0\.0\.0:(\d+)\/v1\/models/.exec(text)?.[1];
      if (!port) return;
      asked = fetch(`http://127.0.0.1:${port}/health/ready`).then(async (response) => {
        await response.body?.cancel();
        controller.abort();
        return response.status;
      });
    },
  });
  assert.deepEqual([status, await asked], [0, 200]);
  assert.match(JSON.parse(stdout).url, /^http:\/\/0\.0\.0\.0:\d+$/);
  // An address for documentation, and a name that RFC 6761 keeps from having any.
  for (
    const [host, reason] of [
      ["203.0.113.1", "this machine has no such address"],
      ["nosuch.invalid", "there is no such host"],
    ]
  ) {
    assert.equal(await refused(...at(host)), `elbow: Cannot serve at ${host}: ${reason}\n`);
  }
});

for (const signal of ["SIGTERM", "SIGINT"] as const) {
  Deno.test(`${signal}: requests in progress are answered, new ones refused, and the server ends`, async () => {
    using folder = new Folder();
    const model = VAE.create({ inputs: 3, latent: [{ size: 2 }] }, { seed: 1 });
    folder.write("m.safetensors", model.save());
    const { child, url } = await serveElbow(["--models", folder.path]);
    const body = new TransformStream<Uint8Array, Uint8Array>();
    const writer = body.writable.getWriter(), encoder = new TextEncoder();
    // A request that has begun but whose body has not arrived.
    const slow = fetch(`${url}/v1/models/m/score`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: body.readable,
    });
    await writer.write(encoder.encode(`{"rows": [[1, 2,`));
    const inFlight = async () =>
      /^elbow_requests_in_flight (.)$/m.exec(await (await fetch(`${url}/metrics`)).text())![1];
    while (await inFlight() !== "2") await new Promise((resolve) => setTimeout(resolve, 5));
    child.kill(signal);
    const status = async (path: string) => {
      const response = await fetch(url + path);
      await response.body?.cancel();
      return response.status;
    };
    while (await status("/health/ready") === 200);
    assert.equal(await status("/v1/models"), 503);
    assert.equal(await status("/health/live"), 200);
    await writer.write(encoder.encode("3]]}"));
    await writer.close();
    const { rows } = await (await slow).json();
    assert.deepEqual(rows, [{ score: (await model.score([[1, 2, 3]]))[0] }]);
    assert.equal((await child.status).code, 0);
  });
}

Deno.test("a stream that never ends does not keep the server from ending", async () => {
  using folder = new Folder();
  folder.write(
    "m.safetensors",
    VAE.create({ inputs: 1, latent: [{ size: 1 }] }, { seed: 1 }).save(),
  );
  const { child, url } = await serveElbow(["--models", folder.path]);
  const body = new TransformStream<Uint8Array, Uint8Array>();
  const writer = body.writable.getWriter();
  const stream = fetch(`${url}/v1/models/m/score`, {
    method: "POST",
    headers: { "content-type": "application/x-ndjson" },
    body: body.readable,
  });
  await writer.write(new TextEncoder().encode("[1]\n"));
  const reader = (await stream).body!.getReader();
  await reader.read();
  child.kill("SIGTERM");
  assert.equal((await child.status).code, 0);
  await reader.cancel().catch(() => {});
  await writer.abort().catch(() => {});
});

Deno.test("with tokens, requests without one are refused, and an upload outlives the server", async () => {
  using folder = new Folder();
  const token = "a-token-of-128-random-bits-or-more";
  const hash = await digestOf(new TextEncoder().encode(token));
  const tokens = folder.write("tokens", `# who may do what\n\nscore,admin ${hash}\n`);
  const models = `${folder.path}/models`;
  Deno.mkdirSync(models);
  const model = VAE.create({ inputs: 1, latent: [{ size: 1 }] }, { seed: 1 }).save();
  const headers = { authorization: `Bearer ${token}` };
  const args = ["--models", models, "--log", "--tokens", tokens];
  const stderr = await serving(args, async (url) => {
    const refused = await fetch(`${url}/v1/models`);
    assert.deepEqual([refused.status, await refused.json().then(({ title }) => title)], [
      401,
      "A bearer token is required",
    ]);
    const put = await fetch(`${url}/v1/models/up`, {
      method: "PUT",
      headers: { ...headers, "content-type": "application/octet-stream" },
      body: model as BodyInit,
    });
    assert.equal((await put.json()).version, 1);
  });
  const lines = stderr.split("\n").filter((line) => line.startsWith("{")).map((line) =>
    JSON.parse(line)
  );
  assert.deepEqual(
    lines.map(({ method, route, status, model }) => [method, route, status, model]),
    [
      ["GET", "/v1/models", 401, undefined],
      ["PUT", "/v1/models/:name", 201, "up"],
    ],
  );
  assert.ok(!stderr.includes(token));
  await serving(args, async (url) => {
    const { digest } = await (await fetch(`${url}/v1/models/up`, { headers })).json();
    assert.equal(digest, await digestOf(model));
  });
  assert.match(
    await refused("serve", "--models", models, "--tokens", folder.write("bad", "score 12")),
    /bad, line 1/,
  );
});

Deno.test("elbow serve --rate counts by --address-header, and --origins are those of pages that may ask", async () => {
  using folder = new Folder();
  const model = VAE.create({ inputs: 1, latent: [{ size: 1 }] }, { seed: 1 }).save();
  folder.write("m.safetensors", model);
  const rate = ["--rate", "0.001", "--address-header", "x-client"];
  const origins = ["--origins", "https://a.example, https://b.example"];
  await serving(["--models", folder.path, ...rate, ...origins], async (url) => {
    const answers = [];
    for (
      const [client, origin] of [
        ["a", "https://b.example"],
        ["a", "https://b.example"],
        ["b", "https://c.example"],
      ]
    ) {
      const headers = { "x-client": client, origin };
      const { status, headers: answered, body } = await fetch(`${url}/v1/models`, { headers });
      await body?.cancel();
      answers.push([status, answered.get("access-control-allow-origin")]);
    }
    assert.deepEqual(answers, [
      [200, "https://b.example"],
      [429, "https://b.example"],
      [200, null],
    ]);
  });
});

Deno.test("elbow serve --keep-versions drops the oldest version of a model", async () => {
  using folder = new Folder();
  const token = "a-token-of-128-random-bits-or-more";
  const hash = await digestOf(new TextEncoder().encode(token));
  const tokens = ["--tokens", folder.write("tokens", `admin ${hash}`)], db = folder.at("models.db");
  await serving(["--db", db, ...tokens, "--keep-versions", "2"], async (url) => {
    for (const seed of [1, 2, 3]) {
      const bytes = VAE.create({ inputs: 1, latent: [{ size: 1 }] }, { seed }).save();
      const headers = {
        authorization: `Bearer ${token}`,
        "content-type": "application/octet-stream",
      };
      const body = bytes as BodyInit;
      const put = await fetch(`${url}/v1/models/m`, { method: "PUT", headers, body });
      assert.equal((await put.json()).version, seed);
    }
  });
  const storage = openSqlite(db, { now: Date.now }), { index } = await storage.models.readIndex();
  await storage.queue.close();
  assert.deepEqual(index.models.get("m")!.versions.map(({ version }) => version), [2, 3]);
});
