/**
 * Models in short. What a model is, its digest decides: each is loaded for that once, one after the other, and
 * no more of it is kept than the summary. One that cannot be loaded is listed as such, and troubles no other.
 */
import { latentSize } from "../../models/spec.ts";
import { isTable, vaeOf } from "../../scoring/units.ts";
import type { Catalogue, Listed, Served } from "./catalogue.ts";

/** A line of `GET /v1/models`. */
export type Summary = Listed & (Facts | { readonly kind: "damaged" });

interface Facts {
  readonly kind: "detector" | "vae";
  /** Columns of the network. */
  readonly inputs: number;
  readonly latent: number;
}

/** What one model is. */
export function summaryOf({ name, version, digest, model }: Served): Listed & Facts {
  const { spec } = vaeOf(model), kind = isTable(model) ? "detector" : "vae";
  return { name, version, digest, kind, inputs: spec.inputs, latent: latentSize(spec) };
}

/** Lists all models of a catalogue. @param onError told why one cannot be loaded */
export function summaries(
  catalogue: Catalogue,
  onError: (error: unknown) => void,
): () => Promise<Summary[]> {
  let known: ReadonlyMap<string, Facts> = new Map();
  return async () => {
    const next = new Map<string, Facts>(), lines: Summary[] = [];
    for (const listed of await catalogue.list()) {
      const { name, version, digest } = listed;
      try {
        const facts = next.get(digest) ?? known.get(digest) ?? await factsOf(catalogue, listed);
        // Deleted since it was listed.
        if (!facts) continue;
        next.set(digest, facts);
        lines.push({ name, version, digest, ...facts });
      } catch (error) {
        onError(error);
        lines.push({ name, version, digest, kind: "damaged" });
      }
    }
    known = next;
    return lines;
  };
}

async function factsOf(
  catalogue: Catalogue,
  { name, version }: Listed,
): Promise<Facts | undefined> {
  const served = await catalogue.find(name, version);
  if (!served) return undefined;
  const { kind, inputs, latent } = summaryOf(served);
  return { kind, inputs, latent };
}
