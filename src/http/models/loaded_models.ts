/** Models of a store by digest, loaded when first asked for; only those used last are kept. */
import { digestOf, type ModelStore } from "../../storage/model_store.ts";
import type { DeviceOptions } from "../../trained/trained_vae.ts";
import type { Model } from "./catalogue.ts";
import { openModel } from "./open_model.ts";

/** Loaded models kept; the one unused for longest goes first. */
const MAX_LOADED = 64;

export class LoadedModels {
  readonly #models = new Map<string, Promise<Model>>();

  constructor(readonly store: ModelStore, readonly device: DeviceOptions) {}

  load(digest: string): Promise<Model> {
    const model = this.#models.get(digest) ?? this.#open(digest);
    this.keep(digest, model);
    return model;
  }

  /** What fails is asked of the store again by the next request. */
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

  /** What falls out is not disposed: requests may still work with it. */
  keep(digest: string, model: Promise<Model>): void {
    this.#models.delete(digest);
    this.#models.set(digest, model);
    if (this.#models.size > MAX_LOADED) this.#models.delete(this.#models.keys().next().value!);
  }

  forget(digest: string): void {
    this.#models.delete(digest);
  }
}
