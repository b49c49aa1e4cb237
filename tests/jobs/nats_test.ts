/** The NATS queue and store: the contract, with one server; nats_cluster_test.ts has three. */
import assert from "node:assert/strict";
import { jetstreamManager } from "npm:@nats-io/jetstream@3.4.0";
import { Kvm } from "npm:@nats-io/kv@3.4.0";
import { connect } from "npm:@nats-io/transport-node@3.4.0";
import { VAE } from "../../mod.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { digestOf, type ModelIndex } from "../../src/storage/model_store.ts";
import { openNats } from "../../src/storage/nats/mod.ts";
import { skipTest } from "../util/skip.ts";
import { queueContract } from "./contract.ts";
import { HAS_NATS, oneServer } from "./nats_servers.ts";
import { registryContract } from "./registry_contract.ts";

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

  registryContract("NATS", async () => {
    const server = await oneServer();
    const open = () => openNats(server.url, { now: Date.now });
    const [one, two] = [await open(), await open()];
    return {
      stores: [one.models, two.models],
      async [Symbol.asyncDispose]() {
        await one.queue.close();
        await two.queue.close();
        await server[Symbol.asyncDispose]();
      },
    };
  });

  Deno.test("NATS: if its server is gone, models are still served at once, and the app is not ready", async () => {
    const server = await oneServer();
    const { models, queue } = await openNats(server.url, { now: Date.now });
    const registry = new Registry(models);
    await registry.put("m", VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed: 1 }).save());
    await registry.requireReady();
    await server.kill();
    // After the time during which an index counts as fresh.
    await new Promise((resolve) => setTimeout(resolve, 1100));
    const found = Promise.all(Array.from({ length: 20 }, () => registry.find("m")));
    const late = new Promise((resolve) => setTimeout(resolve, 5000, []));
    // Requests to NATS are repeated for half a minute.
    assert.deepEqual(
      (await Promise.race([found, late]) as { name: string }[]).map(({ name }) => name),
      Array(20).fill("m"),
    );
    await assert.rejects(registry.requireReady(), /NATS does not answer/);
    await queue.close();
    await server[Symbol.asyncDispose]();
  });

  Deno.test("NATS: additions to the index by a later release, or a later format, stop no server", async () => {
    await using server = await oneServer();
    const { models, queue } = await openNats(server.url, { now: Date.now });
    const registry = new Registry(models);
    await registry.put("m", VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed: 1 }).save());
    const connection = await connect({ servers: server.url });
    const [name] = (await Array.fromAsync(await new Kvm(connection).list())).map(({ bucket }) =>
      bucket
    )
      .filter((bucket) => bucket.includes("state"));
    const state = await new Kvm(connection).open(name);
    const index = JSON.parse((await state.get("index"))!.string());
    const later = {
      ...index,
      kept: 3,
      models: index.models.map((each: object) => ({ ...each, tier: 1 })),
    };
    await state.put(
      "index",
      JSON.stringify({ ...later, aliases: [{ alias: "a", model: "m", tag: "x" }] }),
    );
    while ((await registry.aliases()).size === 0) await new Promise((go) => setTimeout(go, 5));
    assert.equal((await registry.find("a"))!.name, "m");
    await state.put("index", JSON.stringify({ ...later, format: 2 }));
    await new Promise((go) => setTimeout(go, 1200));
    assert.equal((await registry.find("a"))!.name, "m");
    await assert.rejects(
      registry.requireReady(),
      /format: must be 1, got 2/,
    );
    await connection.close();
    await queue.close();
  });

  Deno.test("NATS: existing bytes are not sent again; old versions are removed with their bytes", async () => {
    await using server = await oneServer();
    const { models, queue } = await openNats(server.url, { now: Date.now });
    const connection = await connect({ servers: server.url });
    const jsm = await jetstreamManager(connection);
    const kept = async () => (await jsm.streams.info("OBJ_elbow_store")).state;
    const files = [1, 2, 3].map((seed) =>
      VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed }).save()
    );
    const registry = new Registry(models, {}, 2);
    await registry.put("m", files[0]);
    const first = await kept();
    await registry.put("n", files[0]);
    await models.write(await digestOf(files[0]), files[0]);
    assert.equal((await kept()).last_seq, first.last_seq, "no message more");
    await registry.put("m", files[1]);
    const second = await kept();
    assert.ok(second.last_seq > first.last_seq);
    await registry.put("m", files[2]);
    assert.deepEqual((await registry.versions("m")).map(({ version }) => version), [2, 3]);
    // "n" still refers to the first.
    assert.ok(await models.read(await digestOf(files[0])));
    await registry.put("m", files[0]);
    assert.equal(await models.read(await digestOf(files[1])), undefined);
    assert.deepEqual(await models.read(await digestOf(files[2])), files[2]);
    await connection.close();
    await queue.close();
  });

  Deno.test("NATS: an index without room is refused with the reason, and existing models are served", async () => {
    await using server = await oneServer();
    const { models, queue } = await openNats(server.url, { now: Date.now });
    const { revision } = await models.readIndex();
    const version = (number: number) => ({
      ...{ version: number, digest: "0".repeat(64), bytes: 1, created: new Date(0).toISOString() },
    });
    const ofSize = (last: number): ModelIndex => ({
      models: new Map([["m", {
        last,
        versions: Array.from({ length: last }, (_, i) => version(i + 1)),
      }]]),
      aliases: new Map(),
    });
    assert.ok(await models.replaceIndex(ofSize(4000), revision));
    const full = (await models.readIndex()).revision;
    await assert.rejects(models.replaceIndex(ofSize(10_000), full), /no room for 10000 versions/);
    assert.equal((await models.readIndex()).index.models.get("m")!.last, 4000);
    await queue.close();
  });

  Deno.test("NATS: a missing server and invalid addresses are reported clearly", async () => {
    const options = { now: Date.now };
    await assert.rejects(
      openNats("nats://127.0.0.1:1", options),
      /^TypeError: Cannot connect to NATS: /,
    );
    await assert.rejects(openNats("http://x", options), /must be nats:\/\/HOST:PORT/);
  });
}
