/** `elbow serve`: the models of a folder by name, a port of its own choice, and a quiet end. */
import assert from "node:assert/strict";
import { TableScorer } from "../../mod.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

Deno.test("elbow serve answers for each file by its name, until it is interrupted", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv());
  const checkpoint = ["--checkpoint", folder.path];
  await elbowOk("train", data, "--out", folder.at("pumps.safetensors"), ...QUICK, ...checkpoint);
  const scorer = await TableScorer.load(Deno.readFileSync(folder.at("pumps.safetensors")));
  folder.write("bare.safetensors", scorer.vae.save());

  const controller = new AbortController();
  const listening = Promise.withResolvers<string>();
  const done = elbow(["serve", "--models", folder.path, "--port", "0", "--json"], {
    signal: controller.signal,
    stdout: (text) => text.startsWith("{") && listening.resolve(text),
  });
  // The line comes in pieces; the address is in the first.
  const url = /http:\/\/127\.0\.0\.1:\d+/.exec(await listening.promise)![0];
  const list = await (await fetch(`${url}/v1/models`)).json();
  assert.deepEqual(list.models.map(({ name }: { name: string }) => name).sort(), ["bare", "pumps"]);
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
  controller.abort();
  const { status, stderr } = await done;
  assert.equal(status, 0, stderr);
  assert.match(stderr, /checkpoint\.safetensors is a checkpoint and is not served/);
  assert.match(stderr, /2 models at http:/);
});

Deno.test("elbow serve refuses a folder without models, with a damaged one, and a port in use", async () => {
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
  folder.write("n.safetensors", "not a model");
  assert.match(await refused("serve", "--models", folder.path), /Cannot read .*n\.safetensors/);
});
