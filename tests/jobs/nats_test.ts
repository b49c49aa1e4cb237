/** The NATS queue and store: the contract, held by one server; nats_cluster_test.ts has three. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { Registry } from "../../src/http/registry.ts";
import { openNats } from "../../src/storage/nats/mod.ts";
import { skipTest } from "../util/skip.ts";
import { queueContract } from "./contract.ts";
import { HAS_NATS, oneServer } from "./nats_servers.ts";

if (!HAS_NATS) skipTest("NATS: the contract", "there is no nats-server");
else {
  queueContract("NATS", async (options) => {
    const server = await oneServer();
    const open = async () => (await openNats(server.url, { now: Date.now, ...options })).queue;
    const queue = await open();
    return {
      queue,
      again: open,
      async [Symbol.asyncDispose]() {
        await queue.close();
        await server[Symbol.asyncDispose]();
      },
    };
  });

  Deno.test("NATS: two registries change one index, each sees the other's, and no change is lost", async () => {
    await using server = await oneServer();
    const open = () => openNats(server.url, { now: Date.now });
    const [one, two] = [await open(), await open()];
    const registries = [new Registry(one.models), new Registry(two.models)];
    const files = [1, 2, 3, 4].map((seed) =>
      VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed }).save()
    );
    await Promise.all(files.map((file, i) => registries[i % 2].put("m", file)));
    await registries[0].put("n", files[0], {}, "job");
    // Word of a change takes its time.
    const until = async (holds: () => Promise<boolean>) => {
      while (!await holds()) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(async () => await registries[1].find("n") !== undefined);
    await registries[1].setAlias("a", { model: "n" });
    await until(async () => (await registries[0].aliases()).size > 0);
    for (const registry of registries) {
      const versions = await registry.versions("m");
      assert.deepEqual(versions.map(({ version }) => version), [1, 2, 3, 4]);
      assert.equal((await registry.find("a"))!.name, "n");
    }
    const again = await registries[1].put("n", files[0], {}, "job");
    assert.deepEqual([again.isNew, again.version.version], [false, 1]);
    await one.queue.close();
    await two.queue.close();
  });

  Deno.test("NATS: no server, and addresses that are none, are refused in words", async () => {
    const options = { now: Date.now };
    await assert.rejects(
      openNats("nats://127.0.0.1:1", options),
      /^TypeError: Cannot connect to NATS: /,
    );
    await assert.rejects(openNats("http://x", options), /must be nats:\/\/HOST:PORT/);
  });
}
