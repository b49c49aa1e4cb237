/**
 * The models of a store, loaded on first use, and the operations that change them. An upload is read in full, and
 * tried, before the index names it.
 */
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import type { Catalogue, Listed, Model, Served } from "./catalogue.ts";
import { changeIndex, latestIndex } from "./change_index.ts";
import { LoadedModels } from "./loaded_models.ts";
import { openModel } from "./open_model.ts";
import { holds, type Precondition } from "../exchange/precondition.ts";
import { Problem } from "../answers/problems.ts";
import {
  type Alias,
  digestOf,
  type ModelIndex,
  type ModelStore,
  type ModelVersion,
} from "../../storage/model_store.ts";

/** The most names of models and aliases in a store, including deleted models. */
const MAX_NAMES = 10_000;

/** The outcome of an upload. */
export interface Stored {
  readonly version: ModelVersion;
  /** False if the name already served these very bytes. */
  readonly isNew: boolean;
}

/** Loads, lists and changes the models of a store. */
export class Registry implements Catalogue {
  readonly #store: ModelStore;
  readonly #keepVersions: number;
  readonly #loaded: LoadedModels;
  readonly #servedByModel = new WeakMap<Model, Served>();
  #changes: Promise<unknown> = Promise.resolve();

  /** @param keepVersions how many of each name to keep; the oldest are dropped, except those that an alias names */
  constructor(store: ModelStore, device: DeviceOptions = {}, keepVersions: number = Infinity) {
    this.#store = store;
    this.#keepVersions = keepVersions;
    this.#loaded = new LoadedModels(store, device);
  }

  async find(name: string, version?: number): Promise<Served | undefined> {
    const { index } = await this.#store.readIndex();
    const found = resolve(index, name, version);
    if (!found) return undefined;
    try {
      return this.#served(found, await this.#loaded.load(found.digest));
    } catch (error) {
      // Another process may have replaced and deleted the version since the index was read.
      const current = resolve((await latestIndex(this.#store)).index, name, version);
      if (current?.digest === found.digest) throw error;
      return current && this.#served(current, await this.#loaded.load(current.digest));
    }
  }

  async list(): Promise<readonly Listed[]> {
    const { index } = await this.#store.readIndex();
    return [...index.models.keys()].map((name) => resolve(index, name))
      .filter((each) => each !== undefined);
  }

  async requireReady(): Promise<void> {
    await latestIndex(this.#store);
  }

  async versions(name: string): Promise<readonly ModelVersion[]> {
    const { models, aliases } = (await this.#store.readIndex()).index;
    return models.get(aliases.get(name)?.model ?? name)?.versions ?? [];
  }

  async aliases(): Promise<ReadonlyMap<string, Alias>> {
    return (await this.#store.readIndex()).index.aliases;
  }

  /**
   * Stores a model file as the current version of a name.
   * @param job the job that made it; if that job has stored a version before, that is the outcome
   * @throws Problem if the file is not a model that can be served, the name is an alias, or the precondition fails
   */
  async put(
    name: string,
    bytes: Uint8Array,
    precondition: Precondition = {},
    job?: string,
  ): Promise<Stored> {
    const model = openModel(bytes, this.#loaded.device, true);
    const digest = await digestOf(bytes);
    const created = new Date().toISOString();
    const stored = await this.#change<Stored>(async ({ models, aliases }) => {
      if (aliases.has(name)) {
        throw new Problem("conflict", "Cannot store model: its name is an alias");
      }
      if (!models.has(name)) requireRoom(models.size + aliases.size);
      const { last, versions } = models.get(name) ?? { last: 0, versions: [] };
      const existing = job && versions.find((each) => each.job === job);
      if (existing) return { value: { version: existing, isNew: false } };
      const current = versions.at(-1);
      requirePrecondition(precondition, current);
      if (!job && current?.digest === digest) return { value: { version: current, isNew: false } };
      await this.#store.write(digest, bytes);
      this.#loaded.keep(digest, Promise.resolve(model));
      const version = {
        version: last + 1,
        digest,
        bytes: bytes.length,
        created,
        ...(job && { job }),
      };
      const pinned = [...aliases.values()].filter(({ model }) => model === name);
      const oldest = versions.length + 1 - this.#keepVersions;
      const kept = versions.filter((each, i) =>
        i >= oldest || pinned.some((alias) => alias.version === each.version)
      );
      const entry = { last: version.version, versions: [...kept, version] };
      return { value: { version, isNew: true }, models: new Map(models).set(name, entry) };
    });
    // Another process that deleted the last name of these bytes may have removed them before the index named them
    // again.
    if (stored.isNew) await this.#store.write(digest, bytes);
    return stored;
  }

  /**
   * Deletes a model, or one version of it.
   * @throws Problem if there is none, an alias names it, or its last version fails the precondition
   */
  delete(name: string, version?: number, precondition: Precondition = {}): Promise<void> {
    return this.#change(async ({ models, aliases }) => {
      const entry = models.get(name);
      const toDelete = entry?.versions.filter((each) =>
        [undefined, each.version].includes(version)
      );
      if (!entry || !toDelete?.length) throw unknownModel(version);
      requirePrecondition(precondition, toDelete.at(-1));
      const kept = entry.versions.filter((each) => !toDelete.includes(each));
      for (const [alias, { model, version: wanted }] of aliases) {
        const isLost = wanted === undefined ? kept.length === 0 : toDelete.some(isVersion(wanted));
        if (model !== name || !isLost) continue;
        throw new Problem("conflict", `Cannot delete model: alias "${alias}" points to it`);
      }
      return { value: undefined, models: new Map(models).set(name, { ...entry, versions: kept }) };
    });
  }

  /**
   * Points an alias at a model, or at one of its versions.
   * @returns whether the alias is new
   * @throws Problem if there is no such model, or a model has this name
   */
  setAlias(alias: string, target: Alias): Promise<boolean> {
    return this.#change(async ({ models, aliases }) => {
      if (models.get(alias)?.versions.length) {
        throw new Problem("conflict", "Cannot set alias: a model has that name");
      }
      const versions = models.get(target.model)?.versions ?? [];
      const exists = target.version === undefined
        ? versions.length > 0
        : versions.some(isVersion(target.version));
      if (!exists) throw unknownModel(target.version);
      if (!aliases.has(alias)) requireRoom(models.size + aliases.size);
      const value = !aliases.has(alias);
      return { value, aliases: new Map(aliases).set(alias, target) };
    });
  }

  /** @throws Problem if there is no such alias */
  deleteAlias(alias: string): Promise<void> {
    return this.#change(async ({ aliases }) => {
      const remaining = new Map(aliases);
      if (!remaining.delete(alias)) {
        const detail = "Cannot find alias: GET /v1/aliases lists the aliases";
        throw new Problem("unknown-model", detail);
      }
      return { value: undefined, aliases: remaining };
    });
  }

  /** Changes in this process run one after the other. */
  #change<Value>(decide: Parameters<typeof changeIndex<Value>>[1]): Promise<Value> {
    const change = this.#changes.then(() =>
      changeIndex(this.#store, decide, (digest) => this.#loaded.forget(digest))
    );
    this.#changes = change.catch(() => {});
    return change;
  }

  /** The same object for every request while the model's name and version stay the same. */
  #served(found: Listed, model: Model): Served {
    const cached = this.#servedByModel.get(model);
    if (cached?.name === found.name && cached.version === found.version) return cached;
    const served = { ...found, model };
    this.#servedByModel.set(model, served);
    return served;
  }
}

/** The version that a name or alias refers to, if any. */
function resolve(
  { models, aliases }: ModelIndex,
  name: string,
  version?: number,
): Listed | undefined {
  const alias = aliases.get(name);
  const modelName = alias?.model ?? name, requested = version ?? alias?.version;
  const versions = models.get(modelName)?.versions ?? [];
  const found = requested === undefined ? versions.at(-1) : versions.find(isVersion(requested));
  return found && { name: modelName, version: found.version, digest: found.digest };
}

function requirePrecondition(precondition: Precondition, current?: ModelVersion): void {
  if (holds(precondition, current?.digest)) return;
  throw new Problem("precondition-failed", "Cannot change model: the current version is another");
}

function requireRoom(names: number): void {
  if (names < MAX_NAMES) return;
  throw new Problem("conflict", `Cannot store model: at most ${MAX_NAMES} names are kept`);
}

function isVersion(number: number): (each: ModelVersion) => boolean {
  return ({ version }) => version === number;
}

/** The same message for every unknown name. @param version the version asked for, if any */
export function unknownModel(version?: number | string): Problem {
  const detail = version === undefined
    ? "Cannot find model: GET /v1/models lists the models"
    : "Cannot find this version of a model: GET /v1/models/NAME/versions lists the versions";
  return new Problem("unknown-model", detail);
}
