/**
 * A plan: what a backend runs. One flat list of instructions over memory that is already laid out.
 *
 * Offsets are laid out for `capacity` batch rows; a run says how many it really has, so a short last
 * minibatch recompiles nothing. A plan is plain data: it prints (`print.ts`), serialises, and is
 * compared with a stored text in the tests.
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
  readonly constants: readonly { readonly place: Place; readonly value: number }[];
  /** Elements of scratch memory. */
  readonly scratchLength: number;
}

export interface PlanRequest {
  /** Values to keep for reading after a run. */
  readonly outputs: Readonly<Record<string, Node>>;
  /** Optimiser steps, run last and in this order. */
  readonly effects?: readonly Node[];
  /** The most batch rows a run may have. */
  readonly capacity: number;
  readonly parameters: Layout;
  readonly state?: Layout;
  /** Unused elements kept after every allocation; tests poison them to catch overruns. */
  readonly guard?: number;
}

const EMPTY_LAYOUT: Layout = { length: 0, places: new Map() };

/**
 * Orders the nodes that the request needs, and gives each a place.
 * @throws RangeError if a parameter or state is not in its layout
 */
export function plan(g: Graph, request: PlanRequest): Plan {
  const { outputs, effects = [], capacity, parameters, state = EMPTY_LAYOUT, guard = 0 } = request;
  const roots = [...Object.values(outputs), ...effects];
  const order = schedule(g, roots, effects);
  const lastUse = lastUses(order, Object.values(outputs));
  const arena = new Arena(guard);
  const places = new Map<number, Place>();
  const sized = (node: Node) => sizeAt(node.shape, capacity);
  const allocate = (node: Node): Place => (
    { segment: "scratch", offset: arena.allocate(sized(node)), shape: node.shape }
  );

  // Sources keep their place for the whole run: they are written before it.
  for (const node of order) {
    if (node.inputs.length > 0) continue;
    if (node.op === "parameter") places.set(node.id, find(parameters, node));
    else if (node.op === "state") places.set(node.id, find(state, node));
    else places.set(node.id, allocate(node));
  }

  const instructions: Instruction[] = [];
  order.forEach((node, step) => {
    if (node.inputs.length === 0) return;
    const spec = OPS[node.op as OpName];
    const inputs = node.inputs.map((input) => places.get(input.id)!);
    if (spec.view) {
      places.set(node.id, { ...inputs[0], shape: node.shape });
      return;
    }
    const dying = uniqueDying(node, step, lastUse);
    const reused = spec.inPlace && dying.find((input) => sized(input) === sized(node));
    const output = spec.effect
      ? inputs[0]
      : reused
      ? { ...places.get(reused.id)!, shape: node.shape }
      : allocate(node);
    places.set(node.id, output);
    for (const input of dying) if (input !== reused) arena.free(places.get(input.id)!.offset);
    instructions.push({ op: node.op as OpName, attrs: node.attrs, inputs, output });
  });

  const sources = (kind: string) => order.filter((node) => node.op === kind);
  return {
    capacity,
    instructions,
    inputs: new Map(
      sources("input").map((node) => {
        return [node.name, { ...places.get(node.id)!, integer: node.attrs.integer === true }];
      }),
    ),
    outputs: new Map(Object.entries(outputs).map(([name, node]) => [name, places.get(node.id)!])),
    constants: sources("constant").map((node) => {
      return { place: places.get(node.id)!, value: node.attrs.value as number };
    }),
    scratchLength: arena.length,
  };
}

/** Nodes that `roots` need, operands first (ids grow that way), effects at the end. */
function schedule(g: Graph, roots: readonly Node[], effects: readonly Node[]): Node[] {
  const needed = new Set<number>();
  const visit = [...roots];
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (needed.has(node.id)) continue;
    needed.add(node.id);
    visit.push(...node.inputs);
  }
  const pure = g.nodes.filter((node) => needed.has(node.id) && !effects.includes(node));
  return [...pure, ...effects];
}

/** The memory a node stands for: a view stands for its operand's. */
function owner(node: Node): Node {
  const view = node.inputs.length > 0 && OPS[node.op as OpName].view;
  return view ? owner(node.inputs[0]) : node;
}

/** For each owner of memory, the last step that reads it; outputs and sources live for ever. */
function lastUses(order: readonly Node[], outputs: readonly Node[]): Map<number, number> {
  const lastUse = new Map<number, number>();
  order.forEach((node, step) => {
    for (const input of node.inputs) lastUse.set(owner(input).id, step);
  });
  for (const node of order) if (node.inputs.length === 0) lastUse.set(node.id, Infinity);
  for (const node of outputs) lastUse.set(owner(node).id, Infinity);
  return lastUse;
}

/** Owners among a node's operands that nothing reads after `step`, each once. */
function uniqueDying(node: Node, step: number, lastUse: ReadonlyMap<number, number>): Node[] {
  const owners = new Set(node.inputs.map(owner));
  return [...owners].filter((input) => lastUse.get(input.id) === step);
}

function find(layout: Layout, node: Node): Place {
  const place = layout.places.get(node.name);
  if (place) return place;
  throw new RangeError(`Cannot plan: ${node.op} "${node.name}" has no place in the layout`);
}
