/** Boltzmann machines on the command line: files that can be looked at, and nothing more yet. */
import assert from "node:assert/strict";
import { Rbm } from "../../src/training/rbm/rbm.ts";
import { elbow, elbowOk, Folder, refused, tableCsv } from "./util.ts";

Deno.test("a Boltzmann machine's file is inspected, and refused where a VAE is needed", async () => {
  using folder = new Folder();
  const rbm = Rbm.create({ visible: 6, hidden: 4 });
  const path = folder.write("machine.safetensors", rbm.save());
  rbm.dispose();
  const text = await elbowOk("inspect", path);
  assert.match(text, /Kind +rbm/);
  assert.match(text, /Units +6 visible, 4 hidden/);
  const { kind, spec, values } = JSON.parse(await elbowOk("inspect", path, "--json"));
  assert.deepEqual({ kind, spec, values }, {
    kind: "rbm",
    spec: { visible: 6, hidden: 4 },
    values: 6 * 4 + 6 + 4,
  });
  const data = folder.write("table.csv", tableCsv());
  assert.match(await refused("score", path, data), /expected a vae or detector file.*"rbm"/);
  const { status, stderr } = await elbow(["serve", "--models", folder.path]);
  assert.equal(status, 2);
  assert.match(stderr, /machine\.safetensors is a rbm and is not served\n.*holds no \.safetensors/);
});
