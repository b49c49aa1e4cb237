/** How many versions of a model a store keeps. tests/jobs/nats_test.ts checks the same for NATS. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { digestOf, memoryStore } from "../../src/http/mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { Database } from "../../src/storage/sqlite/database.ts";
import { sqliteModels } from "../../src/storage/sqlite/models.ts";

for (
  const [kind, open] of [
    ["memory", () => memoryStore()],
    ["SQLite", () => Promise.resolve(sqliteModels(new Database(":memory:")))],
  ] as const
) {
  Deno.test(`the requested number of versions is kept, and any that an alias names (${kind})`, async () => {
    const store = await open(), registry = new Registry(store, {}, 2);
    const files = [1, 2, 3, 1].map((seed) =>
      VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed }).save()
    );
    const numbers = async () => (await registry.versions("m")).map(({ version }) => version);
    await registry.put("m", files[0]);
    await registry.put("m", files[1]);
    await registry.setAlias("old", { model: "m", version: 2 });
    await registry.setAlias("new", { model: "m" });
    await registry.put("m", files[2]);
    assert.deepEqual(await numbers(), [2, 3]);
    // Its bytes went with the first version.
    assert.equal(await store.read(await digestOf(files[0])), undefined);
    await registry.put("m", files[3]);
    await registry.put("m", files[2]);
    assert.deepEqual(await numbers(), [2, 4, 5]);
    assert.equal((await registry.find("old"))!.version, 2);
    assert.equal((await registry.find("new"))!.version, 5);
    await registry.put("other", files[0]);
    assert.deepEqual(await numbers(), [2, 4, 5]);
  });
}
