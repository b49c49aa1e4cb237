/** What a target of `elbow bundle` is: the files of its folder, and the command that deploys them. */
import type { LibraryEntry } from "./library.ts";

/** The model that is bundled. */
export interface BundledModel {
  /** Under which it is served: its file's name without extension. */
  readonly name: string;
  readonly kind: "detector" | "vae";
  /** A row such as it scores, for README.md. */
  readonly row?: readonly unknown[];
}

/** A host, and how it wants its files. */
export interface Target {
  /** The smallest entry that knows the model and the host. */
  entry(model: BundledModel): LibraryEntry;
  /** Whether the host wants the kernels as a module of their own. */
  readonly kernelModule: boolean;
  /** The one command that deploys the folder. */
  readonly deploy: string;
  /** The one command that tries it here. */
  readonly tryIt: string;
  /** Text files by name: everything but `elbow.js`, the kernels, the model and README.md. */
  files(model: BundledModel): Readonly<Record<string, string>>;
  /** What README.md says beside the two commands. */
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

/** How to ask a server, for README.md. */
export function askNotes(model: BundledModel, origin: string): string {
  const body = model.row ? JSON.stringify({ rows: [model.row] }) : '{"rows": [[…]]}';
  return `Then ask it:

    curl -s ${origin}/v1/models/${model.name}
    curl -s ${origin}/v1/models/${model.name}/score --json '${body}'

\`config.json\` holds limits. **Anyone who can reach it may query it**, unless it also holds tokens, as the SHA-256 of each:

    "tokens": [{ "hash": "SHA-256 in 64 hexadecimal digits", "scopes": ["score"] }]
`;
}
