/** HTTP with models other than detectors. Oracles: the library's results, and the limits given to the app. */
import assert from "node:assert/strict";
import { Rbm, VAE } from "../../mod.ts";
import { digestOf, memoryStore } from "../../src/http/mod.ts";
import { planeRows } from "../util/data.ts";
import { createApp, post, problemOf } from "./util.ts";

const FLOWS = VAE.create({
  inputs: 3,
  latent: [{ size: 2, flows: [{ type: "iaf", hidden: [4] }] }],
}, { seed: 1 });
const AUTOENCODER = VAE.create({
  inputs: 3,
  latent: [{ type: "deterministic", size: 2 }],
}, { seed: 1 });
const APP = createApp({
  models: { flows: FLOWS, autoencoder: AUTOENCODER },
  maxRows: 20,
});
const rowsOf = (count: number) => planeRows(count, 3, 2).map((row) => row.map(Math.fround));

Deno.test("encode of a model with flows counts its 256 draws per row against the limit of draws", async () => {
  // 20 rows of 100 draws are 2,000: 7 rows of 256 draws are within the limit, 8 are not.
  const response = await post("flows/encode", { rows: rowsOf(7) }, APP);
  const { rows } = await response.json() as { rows: { mean: number[] }[] };
  const { mean } = await FLOWS.encode(rowsOf(7));
  assert.deepEqual(rows.flatMap((row) => row.mean), [...mean.data]);
  const problem = await problemOf(
    await post("flows/encode", { rows: rowsOf(8) }, APP),
    "invalid-body",
  );
  assert.match(JSON.stringify(problem), /more than 2000 draws.*8 rows of 256/);
  // If moments have a closed form, nothing is drawn.
  assert.equal((await post("autoencoder/encode", { rows: rowsOf(20) }, APP)).status, 200);
});

Deno.test("an autoencoder reconstructs, but cannot sample", async () => {
  const response = await post("autoencoder/reconstruct", { rows: rowsOf(2) }, APP);
  const { rows } = await response.json() as { rows: number[][] };
  assert.deepEqual(rows.flat(), [...(await AUTOENCODER.reconstruct(rowsOf(2))).data]);
  const problem = await problemOf(
    await post("autoencoder/sample", { count: 2 }, APP),
    "invalid-body",
  );
  assert.match(JSON.stringify(problem), /an autoencoder, without a prior/);
});

Deno.test("the file of a Boltzmann machine is refused: its energies are not nats of a row", async () => {
  const machine = Rbm.create({ visible: 4, hidden: 3 }, { seed: 1 });
  const token = "admin-0123456789abcdef0123456789abcdef";
  const hash = await digestOf(new TextEncoder().encode(token));
  const app = createApp({ models: await memoryStore(), tokens: [{ hash, scopes: ["admin"] }] });
  const response = await app.request("/v1/models/machine", {
    method: "PUT",
    headers: { authorization: `Bearer ${token}`, "content-type": "application/octet-stream" },
    body: new Uint8Array(machine.save()),
  });
  const { detail } = await problemOf(response, "invalid-model");
  assert.match(detail, /expected a vae or detector file, got "rbm"/);
});
