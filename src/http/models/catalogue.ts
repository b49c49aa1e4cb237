/**
 * How the routes find models: by name, loaded, with the version and digest that every answer carries. Two kinds: models
 * that the caller holds (`liveCatalogue`), and those of a store (`registry.ts`), which can also be changed.
 */
import { memoize } from "../../core/memoize.ts";
import { show } from "../../core/validate.ts";
import type { Model } from "../../scoring/units.ts";
import { digestOf, type ModelVersion, requireModelName } from "../../storage/model_store.ts";

export type { Model } from "../../scoring/units.ts";

/** What is known about a served model without loading it. */
export interface Listed {
  /** The name it is stored under, even if the request used an alias. */
  readonly name: string;
  readonly version: number;
  /** SHA-256 of its file, 64 hexadecimal digits. */
  readonly digest: string;
}

/** A model as it is served. All work of one request uses one of these. */
export interface Served extends Listed {
  readonly model: Model;
}

/** The models of an app. */
export interface Catalogue {
  /** The model of this name or alias, at this version or the current one; without a promise if it is loaded. */
  find(name: string, version?: number): Served | undefined | Promise<Served | undefined>;
  /** The current version of every model, in the order of the store. Loads none of them. */
  list(): Promise<readonly Listed[]>;
  /** @throws Error if its answers may be out of date because its store does not respond */
  requireReady(): Promise<void>;
  /** The versions of a name or alias, ascending. */
  versions(name: string): Promise<readonly Omit<ModelVersion, "bytes" | "created">[]>;
}

/** Loaded models by name, as callers hold them. */
export type Models = ReadonlyMap<string, Model> | Readonly<Record<string, Model>>;

/** The model last seen under a name. */
interface Seen {
  readonly model: Model;
  readonly version: number;
  /** The same object for every request, once its digest is known. */
  served?: Served;
}

/**
 * Models that the caller holds. A map is read at every request: a model that is set in it is served from then on, as
 * the next version of its name. A model that is changed in place keeps its version and its original digest.
 * @throws TypeError for a name that cannot be served, or a value that is not a model
 */
export function liveCatalogue(models: Models): Catalogue {
  const byName: ReadonlyMap<string, Model> = models instanceof Map
    ? models
    : new Map(Object.entries(models));
  for (const [name, model] of byName) requireServable(name, model);
  const digestOfModel = memoize((model: Model) => digestOf(model.save()));
  const seen = new Map<string, Seen>();

  const prepare = async (name: string, entry: Seen): Promise<Served> => {
    const { model, version } = entry;
    const digest = await digestOfModel(model);
    return entry.served = { name, version, digest, model };
  };
  const served = (name: string, model: Model): Served | Promise<Served> => {
    let entry = seen.get(name);
    if (entry?.model !== model) {
      seen.set(name, entry = { model, version: (entry?.version ?? 0) + 1 });
    }
    return entry.served ?? prepare(name, entry);
  };
  const find = (name: string, version?: number) => {
    const model = byName.get(name), found = model && served(name, model);
    const ofVersion = (each: Served) =>
      version === undefined || each.version === version ? each : undefined;
    return found instanceof Promise ? found.then(ofVersion) : found && ofVersion(found);
  };
  return {
    find,
    list: () => Promise.all(Array.from(byName, ([name, model]) => served(name, model))),
    requireReady: () => Promise.resolve(),
    async versions(name) {
      const found = await find(name);
      return found ? [{ version: found.version, digest: found.digest }] : [];
    },
  };
}

function requireServable(name: string, model: unknown): void {
  requireModelName(name);
  const right = typeof model === "object" && model !== null && ("vae" in model || "spec" in model);
  if (right) return;
  throw new TypeError(
    `Cannot serve model "${name}": expected a loaded model, got ${show(model)}`,
  );
}
