/**
 * Runs one case on one backend: a graph of one operation, planned with guard elements. Before the run, all memory
 * except constants is NaN, and only the actual rows are written. So reading too far shows in the results, and writing
 * too far in the memory.
 */
import assert from "node:assert/strict";
import type { Backend, Program, Segment, WeightFormat } from "../../src/backends/backend.ts";
import { rowsAt, sizeAt } from "../../src/core/shape.ts";
import { createGraph, type Graph } from "../../src/graph/graph.ts";
import { layOut } from "../../src/graph/layout.ts";
import {
  type Layout,
  type Place,
  type Plan,
  plan,
  type PlanRequest,
} from "../../src/graph/plan.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import type { OpName } from "../../src/ops/names.ts";
import type { Node } from "../../src/ops/spec.ts";
import type { Case } from "./case.ts";
import { CAPACITY } from "./shapes.ts";

/** A program whose scratch memory tests can look at: a live view, words as float32 or 64. */
export interface Inspectable {
  scratch(): Float32Array | Float64Array;
}

/** More than any vector, tile or cache line of a kernel. */
const GUARD = 64;

/** The name of operand `i`, and of the only output. */
const name = (i: number) => `operand ${i}`;
const OUTPUT = "output";

/** A case as a plan. */
export interface Planned {
  readonly plan: Plan;
  readonly parameters: Layout;
  readonly state: Layout;
}

/**
 * @param copied the operand to copy before the operation, which may then overwrite the copy; operands that are read
 *   from outside are
 *   never overwritten
 */
export function planCase(
  op: OpName,
  { operands, attrs }: Case,
  copied?: number,
  capacity = CAPACITY,
): Planned {
  const g = createGraph();
  const nodes = operands.map(({ kind, shape, integer }, i) =>
    kind === "input"
      ? g.input(name(i), shape, { integer })
      : g[kind](name(i), shape.rows, shape.cols)
  );
  const given = nodes.map((node, i) => i === copied ? copy(g, node) : node);
  const result = (g[op] as (...args: unknown[]) => Node)(...given, attrs);
  const layout = (kind: "parameter" | "state", segment: "parameters" | "state") =>
    layOut(
      segment,
      nodes.filter((node) => node.op === kind).map(({ name, shape }) => ({ name, ...shape })),
    );
  const parameters = layout("parameter", "parameters"), state = layout("state", "state");
  const request: PlanRequest = {
    outputs: OPS[op].effect ? {} : { [OUTPUT]: result },
    effects: OPS[op].effect ? [result] : [],
    capacity,
    parameters,
    state,
    guard: GUARD,
  };
  return { plan: plan(g, request), parameters, state };
}

const copy = (g: Graph, node: Node) => g.affine(node, { scale: 1, offset: 0 });

/** Runs over `rows` batch rows and returns the output, or what an effect left in its operands. */
export async function runCase(
  backend: Backend,
  given: Case,
  planned: Planned,
  rows: number,
): Promise<Float64Array[]> {
  const opened = openCase(backend, given, planned);
  const results = await opened.run(rows);
  opened.dispose();
  return results;
}

/**
 * A case that is compiled once and run over any number of rows.
 * @param weights for a product whose weight is a parameter: how the backend is to keep it
 */
export function openCase(
  backend: Backend,
  { operands }: Case,
  { plan, parameters, state }: Planned,
  weights?: WeightFormat,
) {
  const segments = {
    parameters: backend.allocate(parameters.length),
    state: backend.allocate(state.length),
  };
  const program = backend.compile(plan, segments, weights);
  const held = operands.flatMap(({ kind, values }, i) => {
    const place = { parameter: parameters, state, input: undefined }[kind]?.places.get(name(i));
    return place
      ? [{ segment: segments[place.segment as keyof typeof segments], place, values }]
      : [];
  });
  const output = plan.outputs.get(OUTPUT);
  return {
    async run(rows: number): Promise<Float64Array[]> {
      poisonSegment(segments.parameters);
      poisonSegment(segments.state);
      poison(program);
      for (const { segment, place, values } of held) segment.write(place.offset, values);
      operands.forEach(({ kind, shape, values }, i) => {
        if (kind === "input") program.write(name(i), values.slice(0, sizeAt(shape, rows)));
      });
      await program.run(rows);
      assertGuards(program, rows);
      const [results] = await Promise.all([
        Promise.all(
          output
            ? [readOutput(program, sizeAt(output.shape, rows))]
            : held.map(({ segment, place }) =>
              readSegment(segment, place.offset, sizeAt(place.shape, 1))
            ),
        ),
        assertPadding(segments.parameters, parameters),
        assertPadding(segments.state, state),
      ]);
      return results;
    },
    dispose(): void {
      program.dispose();
      segments.parameters.dispose();
      segments.state.dispose();
    },
  };
}

async function readOutput(program: Program, length: number): Promise<Float64Array> {
  const values = new Float64Array(length);
  await program.read(OUTPUT, values);
  return values;
}

async function readSegment(segment: Segment, offset: number, length: number) {
  const values = new Float64Array(length);
  await segment.read(offset, values);
  return values;
}

function poisonSegment(segment: Segment): void {
  segment.write(0, new Float64Array(segment.length).fill(NaN));
}

function poison(program: Program): void {
  const memory = scratchOf(program);
  if (!memory) return;
  const constants = program.plan.constants.map(({ place }) => memory[place.offset]);
  memory.fill(NaN);
  program.plan.constants.forEach(({ place }, i) => memory[place.offset] = constants[i]);
}

/** Everything that no input, constant or instruction of this run covers must still be NaN. */
function assertGuards(program: Program, rows: number): void {
  const memory = scratchOf(program);
  if (!memory) return;
  const { inputs, constants, instructions } = program.plan;
  const written = new Uint8Array(memory.length);
  const places: Place[] = [
    ...inputs.values(),
    ...constants.map(({ place }) => place),
    ...instructions.map(({ output }) => output),
  ];
  for (const { segment, offset, shape } of places) {
    if (segment === "scratch") written.fill(1, offset, offset + sizeAt(shape, rows));
  }
  const overrun = memory.findIndex((value, i) => !written[i] && !Number.isNaN(value));
  assert.equal(overrun, -1, `scratch+${overrun} was written: it belongs to no value of this run`);
}

async function assertPadding(segment: Segment, { length, places }: Layout): Promise<void> {
  const memory = await readSegment(segment, 0, length);
  for (const { offset, shape } of places.values()) {
    memory.fill(NaN, offset, offset + rowsAt(shape, 1) * shape.cols);
  }
  const overrun = memory.findIndex((value) => !Number.isNaN(value));
  assert.equal(overrun, -1, `element ${overrun} of a segment was written: it is padding`);
}

function scratchOf(program: Program): Float32Array | Float64Array | undefined {
  return "scratch" in program ? (program as Program & Inspectable).scratch() : undefined;
}
