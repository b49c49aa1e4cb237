/** A cache of a store's models by digest, loaded on first use. */
import { digestOf, type ModelStore } from "../../storage/model_store.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import type { Model } from "./catalogue.ts";
import { openModel } from "./open_model.ts";

/** The most models kept; the least recently used is dropped first. */
const MAX_LOADED = 64;

export class LoadedModels {
  readonly store: ModelStore;
  readonly device: DeviceOptions;
  readonly #models = new Map<string, Promise<Model>>();

  constructor(store: ModelStore, device: DeviceOptions) {
    this.store = store;
    this.device = device;
  }

  load(digest: string): Promise<Model> {
    const model = this.#models.get(digest) ?? this.#open(digest);
    this.keep(digest, model);
    return model;
  }

  /** A failure is not cached: the next request reads the store again. */
  async #open(digest: string): Promise<Model> {
    try {
      const bytes = await this.store.read(digest);
      if (bytes && await digestOf(bytes) === digest) return openModel(bytes, this.device);
      throw new TypeError(`Cannot load model: the store's bytes for ${digest} are damaged or gone`);
    } catch (error) {
      this.forget(digest);
      throw error;
    }
  }

  /** Dropped models are not disposed: requests may still use them. */
  keep(digest: string, model: Promise<Model>): void {
    this.#models.delete(digest);
    this.#models.set(digest, model);
    if (this.#models.size > MAX_LOADED) this.#models.delete(this.#models.keys().next().value!);
  }

  forget(digest: string): void {
    this.#models.delete(digest);
  }
}
