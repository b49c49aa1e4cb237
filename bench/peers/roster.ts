/**
 * The peers, in the order of their turns. A peer that cannot run is left out by name, with the reason in the results.
 */
import { canRun } from "../../scripts/lib/child.ts";
import type { Requirement } from "../../scripts/setup.ts";
import { denoProgram, type Program } from "../lib/spawn.ts";
import { type Kind, KINDS } from "../lib/workloads.ts";

export interface Entry {
  readonly name: string;
  readonly threads: number;
  readonly variant?: string;
  /** The kinds to measure; by default all that it can do. */
  readonly kinds?: readonly Kind[];
  /** Rounds in which it takes part; all by default. Slow peers take part in few. */
  readonly rounds?: number;
  /** Whether each case needs its own process: a peer that grows its memory while its threads wait may hang forever. */
  readonly apart?: boolean;
  readonly program: () => Program | Promise<Program>;
}

const deno = (file: string) => () => denoProgram(`peers/${file}`);
const warm: readonly Kind[] = KINDS.filter((kind) => kind !== "cold");

// deno-fmt-ignore
export const ROSTER: readonly Entry[] = [
  { name: "elbow", threads: 1, variant: "user", program: deno("elbow.ts") },
  { name: "elbow-program", threads: 1, variant: "program", kinds: ["score"], program: deno("elbow.ts") },
  { name: "elbow-fit", threads: 1, variant: "fit", kinds: ["train"], program: deno("elbow.ts") },
  { name: "ort-web-1t", threads: 1, variant: "web", program: deno("ort.ts") },
  { name: "ort-node-1t", threads: 1, variant: "node", program: deno("ort.ts") },
  { name: "tfjs-wasm", threads: 1, program: deno("tfjs.ts") },
  { name: "jax-js-1t", threads: 1, program: deno("jax_js.ts") },
  { name: "torch-1t", threads: 1, program: python },
  { name: "plain-js", threads: 1, rounds: 1, kinds: warm, program: deno("plain_js.ts") },
  { name: "elbow-2t", threads: 2, variant: "user", kinds: warm, program: deno("elbow.ts") },
  { name: "ort-web-2t", threads: 2, variant: "web", kinds: warm, apart: true, program: deno("ort.ts") },
  { name: "ort-node-2t", threads: 2, variant: "node", kinds: warm, program: deno("ort.ts") },
  { name: "jax-js-2t", threads: 2, kinds: warm, program: deno("jax_js.ts") },
  { name: "torch-2t", threads: 2, kinds: warm, program: python },
];

const TORCH_PACKAGES = ["python3-torch", "libopenblas0-pthread"];

/** The only peer that does not come from npm. */
export const PYTORCH: Requirement = {
  name: "PyTorch",
  neededBy: "bench/peers.ts",
  aptPackages: TORCH_PACKAGES,
  present: async () => await findPython() !== undefined,
};

/** Debian's Python, or another that has PyTorch. */
async function findPython(): Promise<string | undefined> {
  for (const command of ["python3", "/usr/bin/python3"]) {
    if (await canRun(command, ["-c", "import torch, numpy"])) return command;
  }
}

async function python(): Promise<Program> {
  const command = await findPython();
  if (command) return { command, args: [new URL("pytorch.py", import.meta.url).pathname] };
  throw new TypeError(`no PyTorch: apt-get install ${TORCH_PACKAGES.join(" ")}`);
}

/** Why a PyTorch is not the intended rival, if it is not. */
export function faultOfTorch(blas: string | number | undefined): string | undefined {
  if (blas === undefined || /openblas|mkl/i.test(`${blas}`)) return undefined;
  return `its BLAS is ${blas}, some forty times slower: apt-get install ${
    TORCH_PACKAGES.join(" ")
  }`;
}
