/**
 * A plan is what a backend runs: one flat list of instructions over memory that is already laid out.
 *
 * Memory is laid out for `capacity` batch rows, and each run says how many rows it has, so a short last minibatch needs
 * no recompilation. A plan is plain data: it can be serialised, and tests compare it with stored text.
 */
import { sizeAt } from "../core/shape.ts";
import { OPS } from "../ops/catalogue.ts";
import type { OpName } from "../ops/names.ts";
import type { Attributes, Node } from "../ops/spec.ts";
import { Arena } from "./arena.ts";
import type { Graph } from "./graph.ts";
import type { Layout, Place } from "./layout.ts";

export type { Layout, Place, SegmentName } from "./layout.ts";

export interface Instruction {
  readonly op: OpName;
  readonly attrs: Attributes;
  readonly inputs: readonly Place[];
  readonly output: Place;
}

export interface Plan {
  readonly capacity: number;
  readonly instructions: readonly Instruction[];
  readonly inputs: ReadonlyMap<string, Place & { readonly integer: boolean }>;
  readonly outputs: ReadonlyMap<string, Place>;
  /** Initial contents of scratch, before the first run: element i of a place is value + step · i. */
  readonly constants: readonly {
    readonly place: Place;
    readonly value: number;
    readonly step: number;
  }[];
  /** Elements of scratch memory. */
  readonly scratchLength: number;
}

export interface PlanRequest {
  /** Values that must still be readable after a run. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** Optimiser steps, run last and in this order. */
  readonly effects?: readonly Node[];
  /** Maximum number of batch rows in a run. */
  readonly capacity: number;
  readonly parameters: Layout;
  readonly state?: Layout;
  /** Unused elements kept after every allocation; tests poison them to detect overruns. */
  readonly guard?: number;
}

/**
 * Orders the nodes that the request needs and assigns each a place.
 * @throws RangeError if a parameter or state is not in its layout, if the capacity is not a whole number above 0, or if
 *   a node needs an effect that is not requested or has not run yet
 */
export function plan(g: Graph, request: PlanRequest): Plan {
  const { outputs, capacity } = request;
  if (!Number.isInteger(capacity) || capacity < 1) {
    throw new RangeError(
      `Cannot plan: capacity must be a whole number above 0, got ${capacity}`,
    );
  }
  const order = schedule(g, request), placement = new Placement(order, request);
  const inputs = new Map<string, Place & { readonly integer: boolean }>();
  const constants: Plan["constants"][number][] = [], instructions: Instruction[] = [];
  order.forEach((node, step) => {
    const { op, attrs, name } = node;
    if (op === "input") {
      inputs.set(name, { ...placement.of(node), integer: attrs.integer === true });
    } else if (op === "constant") {
      const { value, step } = attrs as { readonly value: number; readonly step: number };
      constants.push({ place: placement.of(node), value, step });
    } else if (isView(node)) placement.placeView(node);
    else if (!isSource(node)) {
      const operands = node.inputs.map((input) => placement.of(input));
      const output = placement.placeResult(node, step);
      instructions.push({ op: op as OpName, attrs, inputs: operands, output });
    }
  });
  const outputPlaces = Object.entries(outputs).map(([name, node]) =>
    [name, placement.of(node)] as const
  );
  return {
    capacity,
    instructions,
    inputs,
    outputs: new Map(outputPlaces),
    constants,
    scratchLength: placement.scratchLength,
  };
}

/** The nodes that the request needs: operands first (ids are in that order), effects last. */
function schedule(g: Graph, { outputs, effects = [] }: PlanRequest): Node[] {
  const needed = new Set<number>();
  const visit = [...Object.values(outputs), ...effects];
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (needed.has(node.id)) continue;
    needed.add(node.id);
    visit.push(...node.inputs);
  }
  const pure = g.nodes.filter((node) => needed.has(node.id) && !effects.includes(node));
  const unrequested = pure.find((node) => !isSource(node) && OPS[node.op as OpName].effect);
  if (unrequested) {
    throw new RangeError(`Cannot plan ${unrequested.op}: it must be one of the effects`);
  }
  return [...pure, ...effects];
}

/** Assigns a place to each node while walking the steps of a plan in order. */
class Placement {
  readonly #arena: Arena;
  readonly #capacity: number;
  readonly #places = new Map<Node, Place>();
  /** For each owner of memory, the last step that reads it; Infinity for outputs and sources. */
  readonly #lastUse = new Map<Node, number>();

  /** Sources get a permanent place at once, because they are written before the run. */
  constructor(order: readonly Node[], request: PlanRequest) {
    const { outputs, capacity, parameters, state, guard } = request;
    this.#arena = new Arena(guard);
    this.#capacity = capacity;
    order.forEach(({ inputs }, step) => {
      for (const input of inputs) this.#lastUse.set(owner(input), step);
    });
    for (const node of Object.values(outputs)) this.#lastUse.set(owner(node), Infinity);
    for (const node of order) {
      if (!isSource(node)) continue;
      this.#lastUse.set(node, Infinity);
      if (node.op === "parameter") this.#places.set(node, placeInLayout(parameters, node));
      else if (node.op === "state") this.#places.set(node, placeInLayout(state, node));
      else this.#allocate(node);
    }
  }

  /** Elements of scratch memory needed so far. */
  get scratchLength(): number {
    return this.#arena.length;
  }

  of(node: Node): Place {
    const place = this.#places.get(node);
    if (place) return place;
    throw new RangeError(`Cannot plan: a value is read before ${node.op} has run`);
  }

  placeView(node: Node): void {
    this.#places.set(node, { ...this.of(node.inputs[0]), shape: node.shape });
  }

  /** Places a result, then frees the operands that no later step reads. */
  placeResult(node: Node, step: number): Place {
    const { inPlace, effect } = OPS[node.op as OpName];
    const lastUsed = this.#lastUsedBy(node, step);
    const overwritten = inPlace && lastUsed.find((input) => this.#size(input) === this.#size(node));
    if (effect) this.placeView(node);
    else if (overwritten) {
      this.#places.set(node, { ...this.of(overwritten), shape: node.shape });
    } else this.#allocate(node);
    for (const input of lastUsed) {
      if (input !== overwritten) this.#arena.free(this.of(input).offset);
    }
    return this.of(node);
  }

  /** The distinct owners of memory among a node's operands that no step after `step` reads. */
  #lastUsedBy(node: Node, step: number): Node[] {
    const owners = new Set(node.inputs.map(owner));
    return [...owners].filter((input) => this.#lastUse.get(input) === step);
  }

  #allocate(node: Node): void {
    const offset = this.#arena.allocate(this.#size(node));
    this.#places.set(node, { segment: "scratch", offset, shape: node.shape });
  }

  #size(node: Node): number {
    return sizeAt(node.shape, this.#capacity);
  }
}

const isSource = (node: Node): boolean => node.inputs.length === 0;

const isView = (node: Node): boolean => !isSource(node) && OPS[node.op as OpName].view === true;

/** The node that owns this node's memory: for a view, the owner of its operand. */
function owner(node: Node): Node {
  return isView(node) ? owner(node.inputs[0]) : node;
}

function placeInLayout(layout: Layout | undefined, node: Node): Place {
  const place = layout?.places.get(node.name);
  if (place) return place;
  throw new RangeError(`Cannot plan: ${node.op} "${node.name}" has no place in the layout`);
}
