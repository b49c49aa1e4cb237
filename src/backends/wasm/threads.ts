/**
 * The threads of one backend: the caller's, and helpers in workers over the same memory
 * (`assembly/threads.ts`). Helpers are started when the first program is compiled that is worth
 * sharing, and taken in when they report for work: until then, and if they never do, the caller's
 * thread does everything. Results are the same bits either way.
 *
 * One thread, the default, means unshared memory and nothing of all this.
 */
import { messageOf } from "../../core/errors.ts";
import {
  createMemory,
  instantiate,
  type KernelExports,
  type Kernels,
  type KernelSet,
  loadSharedKernels,
} from "./loader.ts";
import type { LinearMemory } from "./memory.ts";
import { processorsHere, startWorker } from "./worker.ts";

export interface ThreadOptions {
  /** At most so many threads, the caller's included; 1 by default. */
  readonly threads?: number;
  /** How many can run at once; without it, what the host says. */
  readonly processors?: number;
  /** What a tile must be worth to be offered to helpers, picoseconds. */
  readonly tileWork?: number;
  /** From how much work on a run is shared without measuring whether that is sooner, picoseconds. */
  readonly certainWork?: number;
  /** Milliseconds, for measuring. */
  readonly clock?: () => number;
}

/** Handing a tile over costs 0.5 microseconds, 5 if somebody must be woken; a tile is worth 20. */
const TILE_WORK = 20_000_000;

/** Ten milliseconds: beside so much, handing over is nothing. */
const CERTAIN_WORK = 10_000_000_000;

/** How long `ready` waits for workers that say nothing, milliseconds; once. */
const PATIENCE = 5000;

/** An instance of the kernels, for one thread or several. */
export function openThreads(
  { build, module }: Kernels,
  set: KernelSet,
  options: ThreadOptions,
): Threads {
  const { threads = 1, tileWork = TILE_WORK } = options;
  // Counting them takes longer than all else here.
  const processors = options.processors ?? (threads > 1 ? processorsHere() : 1);
  const count = Math.min(threads, processors);
  const reasons = count < threads ? [`${processors} of ${threads} can run at once here`] : [];
  if (count > 1) {
    try {
      const shared = loadSharedKernels(set, build), memory = sharedMemory();
      const kernels = instantiate(shared, memory);
      kernels.lead(tileWork, maySleep());
      return new Threads(kernels, options, count - 1, { module: shared, memory }, reasons);
    } catch (error) {
      reasons.push(messageOf(error));
    }
  }
  return new Threads(instantiate(module), options, 0, undefined, reasons);
}

/** What the helpers are instances of. */
interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** What happened to the helpers. Workers hold it, and must not hold `Threads`, which it watches. */
interface Crew {
  readonly reasons: Set<string>;
  lost: number;
  watch?: FinalizationRegistry<undefined>;
}

export class Threads {
  readonly kernels: KernelExports;
  /** From how much work on a run is shared without measuring, picoseconds. */
  readonly certainWork: number;
  readonly clock: () => number;
  readonly #helpers: number;
  readonly #shared?: Shared;
  readonly #crew: Crew;
  #starting?: readonly Promise<void>[];
  #ready?: Promise<void>;
  #isAlone = false;

  constructor(
    kernels: KernelExports,
    { certainWork = CERTAIN_WORK, clock = () => performance.now() }: ThreadOptions,
    helpers: number,
    shared: Shared | undefined,
    reasons: readonly string[],
  ) {
    this.kernels = kernels;
    this.certainWork = certainWork;
    this.clock = clock;
    this.#helpers = helpers;
    this.#shared = shared;
    this.#crew = { reasons: new Set(reasons), lost: 0 };
  }

  /** The most threads that there may ever be, the caller's included. */
  get most(): number {
    return this.#isAlone ? 1 : 1 + this.#helpers;
  }

  /** Threads at work, the caller's included. */
  get count(): number {
    return this.#isAlone ? 1 : 1 + this.kernels.helpers() - this.#crew.lost;
  }

  /** Why there are fewer than were asked for. */
  get reason(): string | undefined {
    const reasons = [...this.#crew.reasons];
    if (this.#shared && !this.#starting) reasons.push("No program yet is large enough to share");
    return reasons.length > 0 ? reasons.join("; ") : undefined;
  }

  /** Starts the helpers if the list is worth sharing and they have not been started. */
  startFor(memory: LinearMemory, list: number, count: number, batchRows: number): void {
    if (!this.#shared || this.#starting || this.#isAlone) return;
    if (!this.kernels.isWorthSharing(list, count, batchRows)) return;
    const shared = this.#shared, crew = this.#crew;
    const { workspaceBytes, dismiss } = this.kernels;
    // A backend that is lost without being disposed of must not keep its threads.
    crew.watch = new FinalizationRegistry(() => dismiss());
    crew.watch.register(this, undefined);
    const words = Math.ceil(workspaceBytes() / 4);
    this.#starting = Array.from({ length: this.#helpers }, () => {
      return start(shared, 4 * memory.allocate(words), crew);
    });
  }

  /** Resolves when the helpers that were started are at work or have failed. */
  ready(): Promise<void> {
    if (!this.#starting) return Promise.resolve();
    return this.#ready ??= withPatience(Promise.all(this.#starting));
  }

  /** Sends the helpers home. */
  dismiss(reason?: string): void {
    this.#isAlone = true;
    if (reason !== undefined) this.#crew.reasons.add(reason);
    if (this.#shared) this.kernels.dismiss();
  }
}

function start(shared: Shared, workspace: number, crew: Crew): Promise<void> {
  return new Promise((resolve) => {
    let hasJoined = false;
    const joined = () => {
      hasJoined = true;
      resolve();
    };
    const failed = (error: unknown) => {
      crew.reasons.add(`Worker failed: ${messageOf(error)}`);
      if (hasJoined) crew.lost++;
      resolve();
    };
    try {
      startWorker({ ...shared, workspace }, { joined, failed });
    } catch (error) {
      crew.reasons.add(messageOf(error));
      resolve();
    }
  });
}

async function withPatience(done: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const enough = new Promise<void>((resolve) => timer = setTimeout(resolve, PATIENCE));
  await Promise.race([done, enough]);
  clearTimeout(timer);
}

function sharedMemory(): WebAssembly.Memory {
  if (typeof SharedArrayBuffer === "undefined") {
    throw new DOMException(
      "Cannot share memory: this host has none: a page must be cross-origin isolated",
      "NotSupportedError",
    );
  }
  return createMemory(true);
}

/** A browser's main thread may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
