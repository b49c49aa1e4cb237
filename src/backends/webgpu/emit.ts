/**
 * Turns a plan into dispatches: for each level a shader, its records, and its number of workgroups.
 *
 * Records of a dispatch: the number of tasks; for each task the end of its workgroups, its function, and the word at
 * which its own record starts; then those records.
 */
import type { Plan } from "../../graph/plan.ts";
import type { SegmentFormat } from "../backend.ts";
import { bindingsOf, OFFSET_BYTES, WORKGROUP } from "./layout.ts";
import { assignLevels, type Unit, unitOf } from "./levels.ts";
import { gridOf } from "./limits.ts";
import { placeValues } from "./placement.ts";
import { isStored, type Stage, stagesOf } from "./stages.ts";
import { columnSumTask, normTask } from "./tasks/sums.ts";
import { extentsOf } from "./tasks/extents.ts";
import { productTask } from "./tasks/product.ts";
import type { Task } from "./tasks/task.ts";
import { updateTask } from "./tasks/update.ts";
import { walkTask } from "./tasks/walk.ts";
import { type ChooseTile, POOL } from "./tiles.ts";
import { type Step, type Values, valuesOf } from "./values.ts";
import { calledBy } from "./wgsl/library.ts";

export interface Dispatch {
  readonly shader: string;
  /** Byte offset of its records. */
  readonly offset: number;
  /** Workgroups along two dimensions. */
  readonly groups: readonly [x: number, y: number];
}

export interface Emitted {
  readonly dispatches: readonly Dispatch[];
  readonly records: Uint32Array<ArrayBuffer>;
  /** Maximum bytes of records that one dispatch reads. */
  readonly window: number;
  readonly values: Values;
  readonly scratchLength: number;
}

/** How a plan is turned into dispatches. */
export interface Style {
  readonly chooseTile: ChooseTile;
  /** Whether steps share dispatches; see `levels.ts`. */
  readonly fuse: boolean;
  /** Format of the parameters; default "f32". */
  readonly parameters?: SegmentFormat;
}

/** @throws RangeError if an operation has no kernel */
export function emit(plan: Plan, { chooseTile, fuse, parameters = "f32" }: Style): Emitted {
  const values = valuesOf(plan);
  const levels = assignLevels(values, fuse);
  const byLevel = Array.from({ length: levels }, (_, level) => {
    return partsOf(values.steps.filter((step) => step.level === level));
  });
  const stageOf = new Map<Step, Stage>();
  for (const { stages } of byLevel.flat()) {
    for (const stage of stages) for (const step of stage.steps) stageOf.set(step, stage);
  }
  const stored = (step: Step) => {
    const stage = stageOf.get(step);
    return !stage || isStored(step, stage);
  };
  const scratchLength = placeValues(values.all, values.steps, levels, stored);
  const perLevel = byLevel.map((parts) =>
    parts.map((part) => taskOf(part, plan.capacity, chooseTile))
  );
  return { ...assemble(perLevel, parameters), values, scratchLength };
}

/** The steps of one task: a walk has stages, any other task has one step. */
interface Part {
  readonly unit: Unit;
  readonly stages: readonly Stage[];
  readonly step?: Step;
}

function partsOf(steps: readonly Step[]): Part[] {
  const stepsOf = (unit: Unit) => steps.filter((step) => unitOf(step) === unit);
  const walks = (["row", "single"] as const).map((unit) => ({
    unit,
    stages: stagesOf(stepsOf(unit)),
  }));
  return [
    ...stepsOf("own").map((step) => ({ unit: "own" as const, stages: [], step })),
    ...stepsOf("each").map((step) => ({ unit: "each" as const, stages: stagesOf([step]) })),
    ...walks.filter(({ stages }) => stages.length > 0),
  ];
}

function taskOf({ unit, stages, step }: Part, capacity: number, chooseTile: ChooseTile): Task {
  if (!step) return walkTask(stages, unit, capacity);
  switch (step.kernel.form) {
    case "product":
      return productTask(step, chooseTile(extentsOf(step), capacity), capacity);
    case "columnSum":
      return columnSumTask(step);
    case "norm":
      return normTask(step);
    default:
      return updateTask(step);
  }
}

function assemble(levels: readonly (readonly Task[])[], parameters: SegmentFormat) {
  const blocks = levels.map(recordsOf);
  const window = align(4 * Math.max(1, ...blocks.map(({ length }) => length)));
  const offsets: number[] = [];
  let end = 0;
  for (const block of blocks) {
    offsets.push(end);
    end += align(4 * block.length);
  }
  // The last window must also lie within the buffer.
  const records = new Uint32Array((end + window) / 4);
  blocks.forEach((block, i) => records.set(block, offsets[i] / 4));
  const dispatches = levels.map((tasks, i): Dispatch => {
    const groups = gridOf(tasks.reduce((sum, task) => sum + task.groups, 0));
    return { shader: shaderOf(functionsOf(tasks), parameters), offset: offsets[i], groups };
  });
  return { dispatches, records, window };
}

const functionsOf = (tasks: readonly Task[]): string[] => [
  ...new Set(tasks.map(({ source }) => source)),
];

function recordsOf(tasks: readonly Task[]): number[] {
  const functions = functionsOf(tasks);
  const header = [tasks.length], bodies: number[] = [];
  let end = 0;
  for (const { source, words, groups } of tasks) {
    end += groups;
    header.push(end, functions.indexOf(source), 1 + 3 * tasks.length + bodies.length);
    bodies.push(...words);
  }
  return [...header, ...bodies];
}

function shaderOf(functions: readonly string[], parameters: SegmentFormat): string {
  const bodies = functions.map((source, i) =>
    `fn task${i}(base: u32, group: u32, local: u32) {\n${source}}\n`
  ).join("\n");
  const cases = functions.map((_, i) =>
    `case ${i}u: { task${i}(records[3u + 3u * task], index - start, local); }`
  );
  return `${bindingsOf(parameters)}
override WORKGROUP: u32 = ${WORKGROUP}u;
var<workgroup> pool: array<f32, ${POOL}>;
${calledBy(bodies)}
${bodies}
@compute @workgroup_size(WORKGROUP)
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) counts: vec3<u32>,
  @builtin(local_invocation_index) local: u32,
) {
let index = id.x + id.y * counts.x;
let tasks = records[0];
if (index >= records[3u * tasks - 2u]) { return; }
var task = 0u;
var start = 0u;
while (index >= records[1u + 3u * task]) { start = records[1u + 3u * task]; task++; }
switch records[2u + 3u * task] {
${cases.join("\n")}
default: {}
}
}
`;
}

const align = (bytes: number): number => Math.ceil(bytes / OFFSET_BYTES) * OFFSET_BYTES;
