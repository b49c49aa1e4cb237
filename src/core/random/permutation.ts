/**
 * Uniformly random orders of rows: Fisher and Yates, by the host's draws (`philox.ts`). The draws come from WebAssembly
 * (`assembly/shuffle.ts`), in a third of the time: an epoch of a small network
 * takes a microsecond a row. On hosts that forbid compiling bytes they are made here, and are the same.
 */
import { fromHexadecimal } from "../bytes/hex.ts";
import { FIRST_HOST_STREAM, HostRandom, splitSeed } from "./philox.ts";
import { SHUFFLE_HEX } from "./shuffle.gen.ts";

/** Draws that fit into the memory of `assembly/shuffle.ts`, beside a block. */
const WINDOW = (65536 - 16) / 4;

/** Makes the next draws, below `bound`, `bound - 1` and so on. */
type Draw = (bound: number, count: number) => void;

/** `assembly/shuffle.ts`. */
interface Shuffle {
  readonly memory: WebAssembly.Memory;
  draw(
    bound: number,
    count: number,
    drawn: number,
    step: number,
    stream: number,
    seedLow: number,
    seedHigh: number,
  ): number;
}

// Compiled once in a process; null if the host forbids it.
const opened: { shuffle?: Shuffle | null } = {};

/** A uniformly random order of 0 … count - 1, fixed by (seed, step, stream). */
export function permutation(
  count: number,
  seed: number,
  step: number,
  stream: number,
): Uint32Array<ArrayBuffer> {
  const order = new Uint32Array(count);
  for (let i = 0; i < count; i++) order[i] = i;
  const [draw, window] = openDraws(seed, step, stream);
  for (let last = count - 1; last > 0;) {
    const draws = Math.min(last, WINDOW);
    draw(last + 1, draws);
    for (let i = 0; i < draws; i++, last--) {
      const other = window[i], value = order[last];
      order[last] = order[other];
      order[other] = value;
    }
  }
  return order;
}

/** @returns a source of draws, and where it writes them */
function openDraws(seed: number, step: number, stream: number): [draw: Draw, window: Uint32Array] {
  const random = new HostRandom(seed, step, stream);
  const shuffle = opened.shuffle === undefined ? opened.shuffle = openShuffle() : opened.shuffle;
  if (!shuffle) {
    const window = new Uint32Array(WINDOW);
    const draw: Draw = (bound, count) => {
      for (let i = 0; i < count; i++) window[i] = random.below(bound - i);
    };
    return [draw, window];
  }
  const counter = [step, FIRST_HOST_STREAM + stream, ...splitSeed(seed)] as const;
  let drawn = 0;
  const draw: Draw = (bound, count) => void (drawn = shuffle.draw(bound, count, drawn, ...counter));
  return [draw, new Uint32Array(shuffle.memory.buffer)];
}

function openShuffle(): Shuffle | null {
  try {
    const module = new WebAssembly.Module(fromHexadecimal(SHUFFLE_HEX));
    return new WebAssembly.Instance(module).exports as unknown as Shuffle;
  } catch {
    return null;
  }
}
