/**
 * Elbow for the benchmarks: the modules of a checkout, this one or another. Only `gate.ts` loads another, whose names
 * must be the same.
 */
import type { Segment, SyncProgram } from "../../src/backends/backend.ts";

/** The parts of a checkout that are measured. */
export interface Elbow {
  readonly backends: typeof import("../../src/backends/open.ts");
  readonly shape: typeof import("../../src/core/shape.ts");
  readonly graph: typeof import("../../src/graph/graph.ts");
  readonly layout: typeof import("../../src/graph/layout.ts");
  readonly plan: typeof import("../../src/graph/plan.ts");
  readonly spec: typeof import("../../src/models/spec.ts");
  readonly parameters: typeof import("../../src/models/vae_graph.ts");
  readonly objective: typeof import("../../src/objectives/objective.ts");
  readonly programs: typeof import("../../src/trained/programs/programs.ts");
  readonly optimizer: typeof import("../../src/training/optimizer.ts");
  readonly training: typeof import("../../src/training/program/train_program.ts");
}

const OWN_ROOT = new URL("../../", import.meta.url);

/** Where each part is in a checkout. */
const FILES: { readonly [part in keyof Elbow]: string } = {
  backends: "src/backends/open.ts",
  shape: "src/core/shape.ts",
  graph: "src/graph/graph.ts",
  layout: "src/graph/layout.ts",
  plan: "src/graph/plan.ts",
  spec: "src/models/spec.ts",
  parameters: "src/models/vae_graph.ts",
  objective: "src/objectives/objective.ts",
  programs: "src/trained/programs/programs.ts",
  optimizer: "src/training/optimizer.ts",
  training: "src/training/program/train_program.ts",
};

/** @param root a checkout, as a URL that ends in a slash */
export async function loadElbow(root: URL = OWN_ROOT): Promise<Elbow> {
  const parts: Record<string, unknown> = {};
  for (const [part, path] of Object.entries(FILES)) {
    parts[part] = await import(new URL(path, root).href);
  }
  return parts as unknown as Elbow;
}

/**
 * `VAE` of this checkout. By a computed name: Deno reads all modules behind a literal one when the process starts, even
 * if it is never imported, and a cold start would pay for them.
 */
export async function loadVae(): Promise<typeof import("../../src/training/vae.ts")> {
  return await import(new URL("src/training/vae.ts", OWN_ROOT).href);
}

/** Files that must be in a checkout and are not. */
export async function missingFrom(root: URL): Promise<string[]> {
  const missing: string[] = [];
  for (const path of Object.values(FILES)) {
    const isThere = await Deno.stat(new URL(path, root)).then(({ isFile }) => isFile, () => false);
    if (!isThere) missing.push(path);
  }
  return missing;
}

/** How to open the backend. */
export interface Machine {
  /** The largest number of threads; 1 by default. */
  readonly threads?: number;
  /** The relaxed build by default. */
  readonly determinism?: "portable" | "fast";
}

/** A program ready to run, the threads in use, and its parameters. */
export interface Ready {
  readonly program: SyncProgram;
  readonly threads: number;
  readonly parameters: Segment;
  run(): void;
  dispose(): void;
}

/** A backend, and its actual number of threads. */
export function openWasm({ backends }: Elbow, { threads = 1, determinism = "fast" }: Machine) {
  const options = { determinism, threads };
  const backend = backends.openBackend("wasm", options);
  return { backend, threads: Number(backend.details.threads ?? 1) };
}
