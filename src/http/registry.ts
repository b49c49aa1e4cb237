/**
 * The models of a store, loaded when first asked for, and all that changes them. A change is one
 * replacement of the index: a request sees the index before it or the one after it. Uploads are read
 * in full, and tried, before the index names them.
 */
import type { DeviceOptions } from "../trained/trained_vae.ts";
import type { Catalogue, Model, Served } from "./catalogue.ts";
import { openModel } from "./open_model.ts";
import { Problem } from "./problems.ts";
import {
  type Alias,
  digestOf,
  type ModelIndex,
  type ModelStore,
  type ModelVersion,
} from "../storage/model_store.ts";

/** Loaded models kept; the one unused for longest goes first. */
const MAX_LOADED = 64;
/** Names of models and aliases that a store may hold, those of deleted models included. */
const MAX_NAMES = 10_000;

/** What must hold of the version now served for an upload to replace it. */
export interface Precondition {
  /** One of these digests is served. */
  readonly digests?: readonly string[];
  /** Nothing is. */
  readonly absent?: boolean;
}

/** The outcome of an upload. */
export interface Stored {
  readonly version: ModelVersion;
  /** False if these very bytes were served under the name already. */
  readonly isNew: boolean;
}

/** Loads, lists and changes the models of a store. */
export class Registry implements Catalogue {
  readonly #store: ModelStore;
  readonly #device: DeviceOptions;
  readonly #loaded = new Map<string, Promise<Model>>();
  readonly #answering = new WeakMap<Model, Served>();
  #changes: Promise<unknown> = Promise.resolve();

  constructor(store: ModelStore, device: DeviceOptions = {}) {
    this.#store = store;
    this.#device = device;
  }

  async find(name: string, version?: number): Promise<Served | undefined> {
    const { index } = await this.#store.readIndex();
    const found = resolve(index, name, version);
    return found && this.#served(found, await this.#load(found.digest));
  }

  async list(): Promise<readonly Served[]> {
    const { index } = await this.#store.readIndex();
    const listed = [...index.models.keys()].map((name) => resolve(index, name));
    return Promise.all(
      listed.filter((each) => each !== undefined)
        .map(async (each) => this.#served(each, await this.#load(each.digest))),
    );
  }

  async versions(name: string): Promise<readonly ModelVersion[]> {
    const { models, aliases } = (await this.#store.readIndex()).index;
    return models.get(aliases.get(name)?.model ?? name)?.versions ?? [];
  }

  async aliases(): Promise<ReadonlyMap<string, Alias>> {
    return (await this.#store.readIndex()).index.aliases;
  }

  /**
   * Makes a model file the current version of a name.
   * @param job the job that made it; what the same job has stored before is its outcome
   * @throws Problem if it is no model that can be served, the name is an alias, or the precondition
   *   does not hold
   */
  async put(
    name: string,
    bytes: Uint8Array,
    precondition: Precondition = {},
    job?: string,
  ): Promise<Stored> {
    const model = openModel(bytes, this.#device, true);
    const digest = await digestOf(bytes);
    const created = new Date().toISOString();
    return await this.#change<Stored>(async ({ models, aliases }) => {
      if (aliases.has(name)) {
        throw new Problem("conflict", "Cannot store model: its name is an alias");
      }
      if (!models.has(name)) requireRoom(models.size + aliases.size);
      const { last, versions } = models.get(name) ?? { last: 0, versions: [] };
      const before = job && versions.find((each) => each.job === job);
      if (before) return { value: { version: before, isNew: false } };
      const current = versions.at(-1);
      requirePrecondition(precondition, current);
      if (!job && current?.digest === digest) return { value: { version: current, isNew: false } };
      await this.#store.write(digest, bytes);
      this.#keep(digest, Promise.resolve(model));
      const version = {
        version: last + 1,
        digest,
        bytes: bytes.length,
        created,
        ...(job && { job }),
      };
      const entry = { last: version.version, versions: [...versions, version] };
      return { value: { version, isNew: true }, models: new Map(models).set(name, entry) };
    });
  }

  /**
   * Deletes a model, or one version of it.
   * @throws Problem if there is none, or an alias names it
   */
  delete(name: string, version?: number): Promise<void> {
    return this.#change(async ({ models, aliases }) => {
      const entry = models.get(name);
      const doomed = entry?.versions.filter((each) => [undefined, each.version].includes(version));
      if (!entry || !doomed?.length) throw unknownModel();
      const kept = entry.versions.filter((each) => !doomed.includes(each));
      for (const [alias, { model, version: wanted }] of aliases) {
        const lost = wanted === undefined ? kept.length === 0 : doomed.some(isVersion(wanted));
        if (model !== name || !lost) continue;
        throw new Problem("conflict", `Cannot delete model: alias "${alias}" names it`);
      }
      return { value: undefined, models: new Map(models).set(name, { ...entry, versions: kept }) };
    });
  }

  /**
   * Makes an alias name another model, or another version.
   * @returns whether it is new
   * @throws Problem if there is no such model, or a model bears the name
   */
  setAlias(alias: string, target: Alias): Promise<boolean> {
    return this.#change(async ({ models, aliases }) => {
      if (models.get(alias)?.versions.length) {
        throw new Problem("conflict", "Cannot set alias: a model bears the name");
      }
      const versions = models.get(target.model)?.versions ?? [];
      const there = target.version === undefined
        ? versions.length > 0
        : versions.some(isVersion(target.version));
      if (!there) throw unknownModel();
      if (!aliases.has(alias)) requireRoom(models.size + aliases.size);
      const value = !aliases.has(alias);
      return { value, aliases: new Map(aliases).set(alias, target) };
    });
  }

  /** @throws Problem if there is no such alias */
  deleteAlias(alias: string): Promise<void> {
    return this.#change(async ({ aliases }) => {
      const left = new Map(aliases);
      if (!left.delete(alias)) throw unknownModel();
      return { value: undefined, aliases: left };
    });
  }

  /** Changes of this process wait for each other; another process's make this one begin again. */
  #change<Value>(
    decide: (index: ModelIndex) => Promise<Partial<ModelIndex> & { readonly value: Value }>,
  ): Promise<Value> {
    const attempt = async (): Promise<Value> => {
      for (;;) {
        const { index, revision } = await this.#store.readIndex();
        const { value, ...changed } = await decide(index);
        if (Object.keys(changed).length === 0) return value;
        const next = { ...index, ...changed };
        if (!await this.#store.replaceIndex(next, revision)) continue;
        const kept = new Set(digestsOf(next));
        for (const digest of digestsOf(index)) {
          if (kept.has(digest)) continue;
          this.#loaded.delete(digest);
          await this.#store.remove(digest);
        }
        return value;
      }
    };
    const change = this.#changes.then(attempt);
    this.#changes = change.catch(() => {});
    return change;
  }

  /** The same object for every request, as long as the model bears one name and version. */
  #served(found: Omit<Served, "model">, model: Model): Served {
    const before = this.#answering.get(model);
    if (before?.name === found.name && before.version === found.version) return before;
    const served = { ...found, model };
    this.#answering.set(model, served);
    return served;
  }

  #load(digest: string): Promise<Model> {
    const loaded = this.#loaded.get(digest) ?? this.#open(digest);
    this.#keep(digest, loaded);
    return loaded;
  }

  async #open(digest: string): Promise<Model> {
    const bytes = await this.#store.read(digest);
    if (bytes && await digestOf(bytes) === digest) return openModel(bytes, this.#device);
    this.#loaded.delete(digest);
    throw new TypeError(`Cannot load model: the store's bytes for ${digest} are damaged or gone`);
  }

  /** What falls out is not disposed: requests may still work with it. */
  #keep(digest: string, model: Promise<Model>): void {
    this.#loaded.delete(digest);
    this.#loaded.set(digest, model);
    if (this.#loaded.size > MAX_LOADED) this.#loaded.delete(this.#loaded.keys().next().value!);
  }
}

/** Which version a name or alias means, if any. */
function resolve(
  { models, aliases }: ModelIndex,
  name: string,
  version?: number,
): Omit<Served, "model"> | undefined {
  const alias = aliases.get(name);
  const real = alias?.model ?? name, wanted = version ?? alias?.version;
  const versions = models.get(real)?.versions ?? [];
  const found = wanted === undefined ? versions.at(-1) : versions.find(isVersion(wanted));
  return found && { name: real, version: found.version, digest: found.digest };
}

function requirePrecondition({ digests, absent }: Precondition, current?: ModelVersion): void {
  const holds = absent ? !current : !digests || digests.includes(current?.digest ?? "");
  if (holds) return;
  throw new Problem("precondition-failed", "Cannot store model: another version is served now");
}

function requireRoom(names: number): void {
  if (names < MAX_NAMES) return;
  throw new Problem("conflict", `Cannot store model: at most ${MAX_NAMES} names are kept`);
}

function isVersion(number: number): (each: ModelVersion) => boolean {
  return ({ version }) => version === number;
}

function digestsOf({ models }: ModelIndex): string[] {
  return [...models.values()].flatMap(({ versions }) => versions.map(({ digest }) => digest));
}

/** The same words for every name that leads to nothing. */
export function unknownModel(): Problem {
  return new Problem("unknown-model", "Cannot find model: GET /v1/models lists those there are");
}
