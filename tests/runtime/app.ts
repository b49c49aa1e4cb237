/** The app that every runtime serves, bundled the same for all, and a training run for all but workerd. */
import { type App, createApp, Detector, TableScorer, TrainedVae, VAE } from "./library.ts";
import { OPTIONS, type Subject } from "./subject.ts";

/** Serves the models that the corpus expects. */
export async function createHandler({ files, determinism }: Subject): Promise<App> {
  const device = { determinism };
  const models = await Promise.all(
    Object.entries(files).map(async ([name, base64]) => {
      const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
      const load = name === "table" || name === "small" ? TableScorer : TrainedVae;
      return [name, await load.load(bytes, device)] as const;
    }),
  );
  return createApp({ ...OPTIONS, models: Object.fromEntries(models) });
}

/** The result of a training run: the bytes of the models, and the number of threads. */
export interface TrainingRun {
  readonly base64: string;
  /** The detector of a table with every kind of column. */
  readonly table: string;
  readonly threads: number;
  readonly scores: readonly number[];
}

/** Trains a small model from a seed, in portable arithmetic; wide enough that `threads` can share it. */
export async function train(threads = 1, width = 8): Promise<TrainingRun> {
  const columns = threads > 1 ? 256 : 6, count = 128;
  const data = Float32Array.from({ length: count * columns }, (_, i) => (i * 7919 % 101) / 50 - 1);
  const rows = { data, shape: [count, columns] as const };
  const network = { hidden: [threads > 1 ? 256 : width], activation: "tanh" } as const;
  const spec = { inputs: columns, encoder: network, decoder: network, latent: [{ size: 2 }] };
  const vae = VAE.create(spec, { seed: 3, threads, determinism: "portable" });
  await vae.fit(rows, { epochs: threads > 1 ? 1 : 5, batchSize: 64 });
  const scores = await vae.score(rows);
  const run = {
    base64: toBase64(vae.save()),
    table: await trainTable(),
    threads: vae.device.threads,
    scores: Array.from(scores.slice(0, 8)),
  };
  vae.dispose();
  return run;
}

/** Texts, amounts, dates and gaps take other paths through the library than rows of numbers. */
async function trainTable(): Promise<string> {
  const table = Array.from({ length: 120 }, (_, i) => ({
    site: ["north", "South", "east"][i % 3],
    paid: `$${(1000 + i * 7919 % 500).toLocaleString("en-US")}.50`,
    when: new Date(Date.UTC(2024, 0, 1 + i * 11 % 90, i * 5 % 24)).toISOString(),
    open: i % 2 === 0,
    level: i % 7 === 0 ? null : (i * 7919 % 101) / 50 - 1,
  }));
  const detector = await Detector.fit(table, { seed: 3, epochs: 2, determinism: "portable" });
  const bytes = detector.save();
  detector.dispose();
  return toBase64(bytes);
}

function toBase64(bytes: Uint8Array): string {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
