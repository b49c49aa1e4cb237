/**
 * Summaries of models. A summary depends only on the digest, so each digest is loaded once, one after the other, and
 * only its summary is kept. A model that cannot be loaded is listed as damaged and does not affect the others.
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

/** The summary of one model. */
export function summaryOf({ name, version, digest, model }: Served): Listed & Facts {
  const { spec } = vaeOf(model), kind = isTable(model) ? "detector" : "vae";
  return { name, version, digest, kind, inputs: spec.inputs, latent: latentSize(spec) };
}

/** Lists all models of a catalogue. @param onError called when one cannot be loaded */
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
