/** Models in a folder: files put there by hand, uploads, and what a restart finds. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { openFolderStore } from "../../src/cli/serve/folder_store.ts";
import { Registry } from "../../src/http/models/registry.ts";
import { digestOf } from "../../src/storage/model_store.ts";
import { StorageFullError } from "../../src/storage/storage_full.ts";
import { testUnless } from "../util/skip.ts";
import { Folder } from "./util.ts";

const FILES = [1, 2, 3].map((seed) =>
  VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed }).save()
);
const DIGESTS = await Promise.all(FILES.map(digestOf));

async function place(folder: Folder, name: string, i: number) {
  const path = folder.write(`${name}.safetensors`, FILES[i]);
  return { name, path, digest: await digestOf(FILES[i]), bytes: FILES[i].length };
}

function names(folder: Folder): string[] {
  return [...Deno.readDirSync(`${folder.path}/.elbow`)].map(({ name }) => name).sort();
}

Deno.test("uploads, aliases and deletions outlive the process", async () => {
  using folder = new Folder();
  const placed = [await place(folder, "hand", 0)];
  const registry = new Registry(await openFolderStore(folder.path, placed, true));
  await registry.put("hand", FILES[1]);
  await registry.put("own", FILES[2]);
  await registry.put("short", FILES[2]);
  await registry.delete("short");
  await registry.setAlias("live", { model: "hand", version: 1 });
  assert.deepEqual(names(folder), [DIGESTS[1], DIGESTS[2], "index.json"].sort());

  const later = new Registry(await openFolderStore(folder.path, placed, true));
  const digests = async (name: string) =>
    (await later.versions(name)).map(({ version, digest }) => [version, digest]);
  assert.deepEqual(await digests("hand"), [[1, DIGESTS[0]], [2, DIGESTS[1]]]);
  assert.deepEqual(await digests("live"), await digests("hand"));
  assert.equal((await later.find("live"))!.digest, DIGESTS[0]);
  assert.deepEqual(await digests("own"), [[1, DIGESTS[2]]]);
  assert.equal(await later.find("short"), undefined);
  assert.equal((await later.put("short", FILES[0])).version.version, 2);
});

Deno.test("a file added to the folder is the next version; one that is removed is no version", async () => {
  using folder = new Folder();
  const first = await place(folder, "m", 0);
  await openFolderStore(folder.path, [first], true);
  const second = await place(folder, "m", 1);
  const registry = new Registry(await openFolderStore(folder.path, [second], true));
  assert.deepEqual((await registry.versions("m")).map(({ version, digest }) => [version, digest]), [
    [2, DIGESTS[1]],
  ]);
  await registry.delete("m");
  assert.throws(() => Deno.statSync(second.path), Deno.errors.NotFound);
});

Deno.test("without permission to write, nothing is written, and existing models are served", async () => {
  using folder = new Folder();
  const placed = [await place(folder, "m", 0)];
  const registry = new Registry(await openFolderStore(folder.path, placed, false));
  assert.equal((await registry.find("m"))!.digest, DIGESTS[0]);
  assert.throws(() => Deno.statSync(`${folder.path}/.elbow`), Deno.errors.NotFound);
});

Deno.test("an index with an invalid digest, name or list is refused, and no path is made from it", async () => {
  using folder = new Folder();
  Deno.mkdirSync(folder.at(".elbow"));
  const entry = { version: 1, digest: DIGESTS[0], bytes: 1, created: "" };
  const model = (part: object, name = "m") => ({
    models: [{ name, last: 1, versions: [{ ...entry, ...part }] }],
    aliases: [],
  });
  const wrong: unknown[] = [
    "{",
    [],
    { models: [] },
    model({ digest: "../../secret" }),
    model({ digest: DIGESTS[0].toUpperCase() }),
    model({ version: 0 }),
    model({ extra: 1 }),
    model({}, "../m"),
    { models: [], aliases: [{ alias: "a", model: "b/c" }] },
  ];
  for (const value of wrong) {
    folder.write(".elbow/index.json", typeof value === "string" ? value : JSON.stringify(value));
    await assert.rejects(
      openFolderStore(folder.path, [], true),
      /Cannot read the index of models: /,
      String(value),
    );
  }
});

Deno.test("a change based on an outdated index has no effect", async () => {
  using folder = new Folder();
  const store = await openFolderStore(folder.path, [await place(folder, "m", 0)], true);
  const { index, revision } = await store.readIndex();
  assert.equal(await store.replaceIndex({ ...index, models: new Map() }, revision), true);
  assert.equal(await store.replaceIndex(index, revision), false);
  assert.equal((await store.readIndex()).index.models.size, 0);
});

testUnless(
  await Deno.stat("/dev/full").then(() => undefined, () => "there is no /dev/full"),
  "a full disk is a StorageFullError, and what was served still is",
  async () => {
    using folder = new Folder();
    const placed = [await place(folder, "m", 0)];
    const store = await openFolderStore(folder.path, placed, true), registry = new Registry(store);
    // Every write to this device fails as on a full disk.
    Deno.symlinkSync("/dev/full", `${folder.path}/.elbow/${DIGESTS[1]}`);
    await assert.rejects(registry.put("m", FILES[1]), StorageFullError);
    assert.equal((await registry.find("m"))!.digest, DIGESTS[0]);
    Deno.removeSync(`${folder.path}/.elbow/${DIGESTS[1]}`);
    assert.equal((await registry.put("m", FILES[1])).version.version, 2);
  },
);

Deno.test("a folder in which nothing can be kept is refused by name, not as a bug", async () => {
  using folder = new Folder();
  folder.write(".elbow", "in the way");
  await assert.rejects(openFolderStore(folder.path, [], true), {
    name: "DataError",
    message: /^Cannot write .*\.elbow: /,
  });
});
