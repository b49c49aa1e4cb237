/** A target of `elbow bundle`: the files in its folder, and the command that deploys them. */
import type { LibraryEntry } from "./library.ts";

/** The model to bundle. */
export interface BundledModel {
  /** The name it is served under: its file's name without extension. */
  readonly name: string;
  readonly kind: "detector" | "vae";
  /** An example row to score, for README.md. */
  readonly row?: readonly unknown[];
}

/** A host, and the form in which it takes its files. */
export interface Target {
  /** The smallest entry point for the model and the host. */
  entry(model: BundledModel): LibraryEntry;
  /** Whether the host takes the kernels as a module of their own. */
  readonly kernelModule: boolean;
  /** The command that deploys the folder. */
  readonly deploy: string;
  /** The command that tries it locally. */
  readonly tryIt: string;
  /** Text files by name: everything but `elbow.js`, the kernels, the model and README.md. */
  files(model: BundledModel): Readonly<Record<string, string>>;
  /** What README.md says besides the two commands. */
  notes(model: BundledModel): string;
}

/** Name of the model's file in the folder. */
export function modelFile({ name }: BundledModel): string {
  return `${name}.safetensors`;
}

/** Names of workers and projects: lower case, digits and hyphens, at most 63. */
export function projectName({ name }: BundledModel): string {
  const plain = name.toLowerCase().replace(/[^a-z0-9]+/g, "-").replace(/^-+|-+$/g, "");
  return `elbow-${plain || "model"}`.slice(0, 63).replace(/-$/, "");
}

/** The class that loads the model. */
export function loaderOf({ kind }: BundledModel): "TableScorer" | "TrainedVae" {
  return kind === "detector" ? "TableScorer" : "TrainedVae";
}

/** Options of `createApp` that a deployment may change; JSON. */
export const SERVER_CONFIG = `{
  "maxRows": 1000,
  "maxBodyBytes": 1048576
}
`;

/** How to query a server, for README.md. */
export function requestNotes(model: BundledModel, origin: string): string {
  const body = model.row ? JSON.stringify({ rows: [model.row] }) : '{"rows": [[…]]}';
  return `Then ask it:

    curl -s ${origin}/v1/models/${model.name}
    curl -s ${origin}/v1/models/${model.name}/score --json '${body}'

\`config.json\` holds limits. **Anyone who can reach it may query it**, unless it also holds tokens, as the SHA-256 of each:

    "tokens": [{ "hash": "SHA-256 in 64 hexadecimal digits", "scopes": ["score"] }]
`;
}
