/** Small programs of one operation each, to measure kernels. */
import type { Graph } from "../../src/graph/graph.ts";
import type { Node } from "../../src/ops/spec.ts";
import { type Elbow, type Machine, openWasm, type Ready } from "./elbow.ts";
import { ADAM } from "./workloads.ts";

/** A graph, and what it needs. */
interface GraphRequest {
  /** Rows of a run, and the capacity. */
  readonly rows: number;
  /** Filled with numbers in [-1, 1). */
  readonly parameters?: readonly Matrix[];
  readonly state?: readonly Matrix[];
  /** Names of the node to compute, and of the effect to include. */
  readonly build: (g: Graph) => { readonly output?: Node; readonly effect?: Node };
  /** Values to write before the first run. */
  readonly inputs?: Readonly<Record<string, ArrayLike<number>>>;
}

interface Matrix {
  readonly name: string;
  readonly rows: number;
  readonly cols: number;
}

function compile(elbow: Elbow, machine: Machine, request: GraphRequest): Ready {
  const { rows, parameters: tensors = [], state: kept = [], build, inputs = {} } = request;
  const { backend, threads } = openWasm(elbow, machine);
  const layouts = {
    parameters: elbow.layout.layOut("parameters", tensors),
    state: elbow.layout.layOut("state", kept),
  };
  const parameters = backend.allocate(layouts.parameters.length);
  parameters.write(0, waves(parameters.length));
  const segments = { parameters, state: backend.allocate(layouts.state.length) };
  const g = elbow.graph.createGraph();
  const { output, effect } = build(g);
  const outputs: Record<string, Node> = output ? { output } : {};
  const effects = effect ? [effect] : [];
  const plan = elbow.plan.plan(g, { outputs, effects, capacity: rows, ...layouts });
  const program = backend.compile(plan, segments);
  for (const [name, values] of Object.entries(inputs)) program.write(name, values);
  const run = () => program.run(rows);
  return { program, threads, parameters, run, dispose: () => backend.dispose() };
}

/** A product of two matrices in memory. */
export function product(
  elbow: Elbow,
  [m, k, n]: readonly [number, number, number],
  machine: Machine = {},
): Ready {
  return compile(elbow, machine, {
    rows: m,
    parameters: [{ name: "b", rows: k, cols: n }],
    build: (g) => {
      const a = g.input("a", elbow.shape.batched(k));
      const attrs = { transposeA: false, transposeB: false };
      return { output: g.matmul(a, g.parameter("b", k, n), attrs) };
    },
    inputs: { a: waves(m * k) },
  });
}

/** A function of each element of `x`, in rows of `cols`. */
export function mapped(
  elbow: Elbow,
  x: Float32Array,
  cols: number,
  f: (g: Graph, x: Node) => Node,
  machine: Machine = {},
): Ready {
  return compile(elbow, machine, {
    rows: x.length / cols,
    build: (g) => ({ output: f(g, g.input("x", elbow.shape.batched(cols))) }),
    inputs: { x },
  });
}

/** Standard normal draws. */
export function normals(elbow: Elbow, rows: number, cols: number, machine: Machine = {}): Ready {
  return compile(elbow, machine, {
    rows,
    build: (g) => {
      const key = g.input("key", elbow.shape.fixed(1, 4), { integer: true });
      return { output: g.randomNormal(key, { ...elbow.shape.batched(cols), stream: 0 }) };
    },
    inputs: { key: [1, 2, 3, 4] },
  });
}

/** A step of Adam on `count` parameters with a gradient in memory. */
export function adam(elbow: Elbow, count: number, machine: Machine = {}): Ready {
  const named = (name: string): Matrix => ({ name, rows: 1, cols: count });
  const { beta1, beta2, epsilon, rate } = ADAM;
  return compile(elbow, machine, {
    rows: 1,
    parameters: [named("w"), named("grad")],
    state: [named("m"), named("v")],
    build: (g) => {
      const [w, grad] = ["w", "grad"].map((name) => g.parameter(name, 1, count));
      const [m, v] = ["m", "v"].map((name) => g.state(name, 1, count));
      const schedule = g.input("schedule", elbow.shape.fixed(1, 3));
      const attrs = { beta1, beta2, epsilon, weightDecay: 0 };
      return { effect: g.adamStep(w, grad, m, v, g.constant(1), schedule, attrs) };
    },
    inputs: { schedule: [rate, 0.5, 0.5] },
  });
}

/** In [-1, 1], with few zeros. */
function waves(length: number): Float32Array {
  return Float32Array.from({ length }, (_, i) => Math.sin(i));
}
