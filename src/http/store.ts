/**
 * Where the app finds its models: a keyed store, never a path. Names are checked against one
 * pattern, so that a name is safe in a URL, in a log and, later, as a key of any store.
 */
import { show } from "../core/validate.ts";
import type { Model } from "../scoring/units.ts";

export type { Model } from "../scoring/units.ts";

/** A model as the store hands it out. */
export interface Served {
  /** The name it is served under. */
  readonly name: string;
  /** The loaded model; the store owns it. */
  readonly model: Model;
}

/** The models of an app. */
export interface ModelStore {
  /** The model of that name, if there is one. */
  get(name: string): Promise<Served | undefined>;
  /** Every model, in the order of the store. */
  list(): Promise<readonly Served[]>;
}

/** Models by name, as callers hold them. */
export type Models = ReadonlyMap<string, Model> | Readonly<Record<string, Model>>;

/** A letter or digit, then up to 63 letters, digits, dots, underscores and hyphens. */
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

/** Whether a model can be served under this name. */
export function isModelName(name: string): boolean {
  return NAME.test(name);
}

/**
 * A store over models that are already loaded. A map is read at every request: what is set in it
 * later is served too.
 * @throws TypeError for a name that cannot be served, or a value that is no model
 */
export function memoryStore(models: Models): ModelStore {
  const byName: ReadonlyMap<string, Model> = models instanceof Map
    ? models
    : new Map(Object.entries(models));
  for (const [name, model] of byName) requireServable(name, model);
  return {
    async get(name) {
      const model = byName.get(name);
      return model && { name, model };
    },
    async list() {
      return Array.from(byName, ([name, model]) => ({ name, model }));
    },
  };
}

function requireServable(name: string, model: unknown): void {
  if (!isModelName(name)) {
    throw new TypeError(
      `Cannot serve model ${
        show(name)
      }: a name is 1 to 64 letters, digits, ".", "_" and "-", and starts with a letter or digit`,
    );
  }
  const right = typeof model === "object" && model !== null && ("vae" in model || "spec" in model);
  if (right) return;
  throw new TypeError(
    `Cannot serve model "${name}": expected a loaded model: current value is ${show(model)}`,
  );
}
