/** The inputs and outputs of a program by name: where they begin, how much they hold, copies in and out. */
import { sizeAt } from "../../core/shape.ts";
import type { Place, Plan } from "../../graph/plan.ts";
import type { Live } from "../backend.ts";
import { named, requireRange, requireWords } from "./checks.ts";
import { type LinearMemory, LiveView, ReadWindow } from "./memory.ts";

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

  /**
   * @param rows batch rows that they have room for
   * @param indexOf the element at which an input or output begins
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
    const { f32, u32 } = this.#memory;
    if (integer) u32.set(values, index);
    else f32.set(values, index);
  }

  read(name: string, into: Float32Array | Float64Array): void {
    const { window, limit } = named(this.#outputs, "read", name);
    if (into.length > limit) requireRange(`read output "${name}"`, 0, into.length, limit);
    window.copyTo(into);
  }

  live(name: string): Live {
    const { index, limit } = this.#inputs.get(name) ?? named(this.#outputs, "look at", name);
    return new LiveView(this.#memory, index, limit);
  }
}
