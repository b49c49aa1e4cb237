/** What two registries over one store promise, as a test that every store for several processes must pass. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import type { ModelStore } from "../../src/storage/model_store.ts";

/** One store, opened as by two processes. */
interface OpenedTwice extends AsyncDisposable {
  readonly stores: readonly [ModelStore, ModelStore];
}

/** News of a change may take some time. */
async function until(holds: () => Promise<boolean>): Promise<void> {
  while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 5));
}

/** Registers the test for one implementation. */
export function registryContract(name: string, open: () => Promise<OpenedTwice>): void {
  Deno.test(`${name}: two registries that change one index see each other's changes, and none is lost`, async () => {
    await using opened = await open();
    const registries = opened.stores.map((store) => new Registry(store));
    const [one, two] = registries;
    const files = [1, 2, 3, 4].map((seed) =>
      VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed }).save()
    );
    await Promise.all(files.map((file, i) => registries[i % 2].put("m", file)));
    await Promise.all(files.map((file, i) => registries[i % 2].put(`n${i}`, file, {}, `job${i}`)));
    await until(async () => await two.find("n2") !== undefined);
    await two.setAlias("a", { model: "n2" });
    await until(async () => (await one.aliases()).size > 0);
    for (const registry of registries) {
      await until(async () => (await registry.list()).length === 5);
      const versions = await registry.versions("m");
      assert.deepEqual(versions.map(({ version }) => version), [1, 2, 3, 4]);
      const names = (await registry.list()).map((model) => model.name).sort();
      assert.deepEqual(names, ["m", "n0", "n1", "n2", "n3"]);
      assert.equal((await registry.find("a"))!.name, "n2");
    }
    // The same job again makes no second version, whatever was stored since.
    await one.put("n0", files[1]);
    const again = await two.put("n0", files[0], {}, "job0");
    assert.deepEqual([again.isNew, again.version.version], [false, 1]);
    assert.equal((await one.versions("n0")).length, 2);
  });
}
