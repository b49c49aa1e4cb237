/** The inputs and outputs of a program by name: their addresses and sizes, and copies in and out. */
import { sizeAt } from "../../core/shape.ts";
import type { Place, Plan } from "../../graph/plan.ts";
import type { Live } from "../backend.ts";
import { named, requireRange, requireWords } from "./checks.ts";
import { type LinearMemory, LiveView, ReadWindow } from "./memory.ts";

/** Up to this many elements, a loop is faster than a call of `set`. */
const MAX_LOOP_COPY = 16;

interface Input {
  readonly index: number;
  readonly limit: number;
  readonly integer: boolean;
}

interface Output {
  readonly index: number;
  readonly window: ReadWindow;
  readonly limit: number;
}

export class Ports {
  readonly #memory: LinearMemory;
  readonly #inputs: ReadonlyMap<string, Input>;
  readonly #outputs: ReadonlyMap<string, Output>;
  readonly #views = new Map<string, Live>();

  /**
   * @param rows the batch rows to hold
   * @param indexOf the first element of an input or output
   */
  constructor(
    memory: LinearMemory,
    { inputs, outputs }: Plan,
    rows: number,
    indexOf: (place: Place) => number,
  ) {
    this.#memory = memory;
    const limit = ({ shape }: Place) => sizeAt(shape, rows);
    this.#inputs = new Map([...inputs].map(([name, place]) => {
      return [name, { index: indexOf(place), limit: limit(place), integer: place.integer }];
    }));
    this.#outputs = new Map([...outputs].map(([name, place]) => {
      const index = indexOf(place);
      return [name, { index, window: new ReadWindow(memory, index), limit: limit(place) }];
    }));
  }

  write(name: string, values: ArrayLike<number>): void {
    const { index, limit, integer } = named(this.#inputs, "write", name);
    if (values.length > limit) requireRange(`write input "${name}"`, 0, values.length, limit);
    if (integer) requireWords(name, values);
    const { f32, u32 } = this.#memory, to = integer ? u32 : f32;
    if (values.length > MAX_LOOP_COPY) to.set(values, index);
    else for (let i = 0; i < values.length; i++) to[index + i] = values[i];
  }

  read(name: string, into: Float32Array | Float64Array): void {
    const { index, window, limit } = named(this.#outputs, "read", name);
    if (into.length > limit) requireRange(`read output "${name}"`, 0, into.length, limit);
    if (into.length > MAX_LOOP_COPY) return window.copyTo(into);
    const { f32 } = this.#memory;
    for (let i = 0; i < into.length; i++) into[i] = f32[index + i];
  }

  live(name: string): Live {
    const known = this.#views.get(name);
    if (known) return known;
    const { index, limit } = this.#inputs.get(name) ?? named(this.#outputs, "look at", name);
    const view = new LiveView(this.#memory, index, limit);
    this.#views.set(name, view);
    return view;
  }
}
