/** Measures one build of the kernels in a new process: every case of `cases.ts`. */
import type { Graph } from "../../src/graph/graph.ts";
import type { Node } from "../../src/ops/spec.ts";
import { type Elbow, loadElbow, type Machine, openWasm } from "../lib/elbow.ts";
import { adam, mapped, normals, product } from "../lib/graphs.ts";
import { openProbe } from "../lib/probe.ts";
import { readRequest, tell } from "../lib/protocol.ts";
import { roundSamples, type Samples } from "../lib/statistics.ts";
import { type Call, sample } from "../lib/timing.ts";
import {
  CASES,
  FUNCTION_LENGTH,
  type FunctionName,
  FUNCTIONS,
  type KernelCase,
  NORMALS,
} from "./cases.ts";
import { openMathf } from "./mathf.ts";

/** The driver's request; the modules are in the folder. */
export interface KernelRequest {
  readonly build: "relaxed" | "simd";
  readonly threads: 1;
  readonly seconds: number;
  readonly folder: string;
  /** The cases to measure, by index in `CASES`. */
  readonly cases: readonly number[];
}

export type KernelAnswer = Pick<KernelCase, "group" | "case"> & Samples;

/** Elements of a row in copies. */
const COPY_COLS = 64;

const GRAPHS: Readonly<Record<FunctionName, (g: Graph, x: Node) => Node>> = {
  exp: (g, x) => g.exp(x),
  log: (g, x) => g.log(x),
  tanh: (g, x) => g.activation(x, { kind: "tanh" }),
  sigmoid: (g, x) => g.activation(x, { kind: "sigmoid" }),
  softplus: (g, x) => g.activation(x, { kind: "softplus" }),
};

/** Arguments for which the functions do real work: [-8, 8], and (0, 8] for the logarithm. */
function argumentsOf(name: FunctionName): Float32Array {
  return Float32Array.from({ length: FUNCTION_LENGTH }, (_, i) => {
    const unit = (i + 0.5) / FUNCTION_LENGTH;
    return name === "log" ? 8 * unit : 16 * unit - 8;
  });
}

/** Everything but the shape of products is in the case's name. */
function callOf(elbow: Elbow, machine: Machine, mathf: ReturnType<typeof openMathf>) {
  return ({ group, case: name }: KernelCase): Call => {
    const length = Number(name);
    switch (group) {
      case "product": {
        const [m, k, n] = name.split("x").map(Number);
        return product(elbow, [m, k, n], machine).run;
      }
      case "function": {
        const f = name as FunctionName;
        return mapped(elbow, argumentsOf(f), 64, GRAPHS[f], machine).run;
      }
      case "mathf":
        return mathf(name as FunctionName);
      case "normals":
        return normals(elbow, NORMALS.rows, NORMALS.cols, machine).run;
      case "adam":
        return adam(elbow, length, machine).run;
      case "write":
      case "read": {
        const segment = openWasm(elbow, machine).backend.allocate(length);
        const values = new Float32Array(length);
        return group === "write" ? () => segment.write(0, values) : () => segment.read(0, values);
      }
      case "copy":
        return mapped(
          elbow,
          new Float32Array(length).fill(1),
          COPY_COLS,
          (g, x) => g.repeatRows(x, { times: 1 }),
          machine,
        ).run;
    }
  };
}

const { build, seconds, folder, cases } = readRequest<KernelRequest>();
const probe = await openProbe(await Deno.readFile(`${folder}/${build}.wasm`));
const inputs = Object.fromEntries(FUNCTIONS.map((name) => [name, argumentsOf(name)]));
const mathf = openMathf(
  await Deno.readFile(`${folder}/mathf.wasm`),
  inputs as Record<FunctionName, Float32Array>,
);
const machine = { determinism: build === "simd" ? "portable" : "fast" } as const;
const call = callOf(await loadElbow(), machine, mathf);
for (const each of cases.map((index) => CASES[index])) {
  const samples = roundSamples(await sample(call(each), seconds, probe));
  tell({ group: each.group, case: each.case, ...samples } satisfies KernelAnswer);
}
