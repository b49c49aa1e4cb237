/**
 * The threads of one backend: the caller's, and helpers in workers over the same memory (`assembly/threads.ts`).
 * Helpers are started when the first program worth sharing is compiled, and used once they report for work. Until then,
 * or if they never do, the caller's thread does everything. The results have the same bits either way.
 *
 * With one thread, the default, memory is not shared and none of this applies.
 */
import { messageOf } from "../../../core/errors.ts";
import {
  createMemory,
  instantiate,
  type KernelExports,
  type Kernels,
  type KernelSet,
  loadSharedKernels,
} from "../loader.ts";
import type { LinearMemory } from "../memory.ts";
import { processorsHere, startWorker } from "./worker.ts";

export interface ThreadOptions {
  /** Maximum number of threads, including the caller's; default 1. */
  readonly threads?: number;
  /** How many can run at once; default what the host reports. */
  readonly processors?: number;
  /** Minimum work of a tile offered to helpers, picoseconds. */
  readonly tileWork?: number;
  /** Work of a run from which it is shared without measuring whether that is faster, picoseconds. */
  readonly certainWork?: number;
  /** Time in milliseconds, for measuring. */
  readonly clock?: () => number;
}

/** Handing a tile over costs 0.5 microseconds, or 5 if a helper must be woken; a tile must be worth 20. */
const TILE_WORK_PS = 20_000_000;

/** Ten milliseconds: the cost of handing over is negligible beside that. */
const CERTAIN_WORK_PS = 10_000_000_000;

/** How long `ready` waits for workers that do not report, milliseconds; only once. */
const READY_TIMEOUT_MS = 5000;

/** An instance of the kernels, for one thread or several. */
export function openThreads(
  { build, module }: Kernels,
  set: KernelSet,
  options: ThreadOptions,
): Threads {
  const { threads = 1, tileWork = TILE_WORK_PS } = options;
  // Counting processors is slower than everything else here.
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

/** The module and memory that helpers instantiate. */
interface Shared {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
}

/** The state of the helpers. Workers reference it instead of `Threads`, so that `Threads` can be collected. */
interface HelperState {
  readonly reasons: Set<string>;
  lost: number;
  watch?: FinalizationRegistry<undefined>;
}

export class Threads {
  readonly kernels: KernelExports;
  /** Work of a run from which it is shared without measuring, picoseconds. */
  readonly certainWork: number;
  readonly clock: () => number;
  readonly #helpers: number;
  readonly #shared?: Shared;
  readonly #state: HelperState;
  #starting?: readonly Promise<void>[];
  #ready?: Promise<void>;
  #isAlone = false;

  constructor(
    kernels: KernelExports,
    { certainWork = CERTAIN_WORK_PS, clock = () => performance.now() }: ThreadOptions,
    helpers: number,
    shared: Shared | undefined,
    reasons: readonly string[],
  ) {
    this.kernels = kernels;
    this.certainWork = certainWork;
    this.clock = clock;
    this.#helpers = helpers;
    this.#shared = shared;
    this.#state = { reasons: new Set(reasons), lost: 0 };
  }

  /** The maximum number of threads, including the caller's. */
  get maxCount(): number {
    return this.#isAlone ? 1 : 1 + this.#helpers;
  }

  /** Threads at work, including the caller's. */
  get count(): number {
    return this.#isAlone ? 1 : 1 + this.kernels.helpers() - this.#state.lost;
  }

  /** Why there are fewer than requested. */
  get reason(): string | undefined {
    const reasons = [...this.#state.reasons];
    if (this.#shared && !this.#starting) reasons.push("No program yet is large enough to share");
    return reasons.length > 0 ? reasons.join("; ") : undefined;
  }

  /** Starts the helpers if the list is worth sharing and they have not been started. */
  startFor(memory: LinearMemory, list: number, count: number, batchRows: number): void {
    if (!this.#shared || this.#starting || this.#isAlone) return;
    if (!this.kernels.isWorthSharing(list, count, batchRows)) return;
    const shared = this.#shared, state = this.#state;
    const { workspaceBytes, dismiss } = this.kernels;
    // A backend that is collected without being disposed must not keep its threads.
    state.watch = new FinalizationRegistry(() => dismiss());
    state.watch.register(this, undefined);
    const words = Math.ceil(workspaceBytes() / 4);
    this.#starting = Array.from({ length: this.#helpers }, () => {
      return start(shared, 4 * memory.allocate(words), state);
    });
  }

  /** Resolves when the started helpers are at work or have failed. */
  ready(): Promise<void> {
    if (!this.#starting) return Promise.resolve();
    return this.#ready ??= withTimeout(Promise.all(this.#starting));
  }

  /** Stops the helpers. */
  dismiss(reason?: string): void {
    this.#isAlone = true;
    if (reason !== undefined) this.#state.reasons.add(reason);
    if (this.#shared) this.kernels.dismiss();
  }
}

function start(shared: Shared, workspace: number, state: HelperState): Promise<void> {
  return new Promise((resolve) => {
    let hasJoined = false;
    const joined = () => {
      hasJoined = true;
      resolve();
    };
    const failed = (error: unknown) => {
      state.reasons.add(`Worker failed: ${messageOf(error)}`);
      if (hasJoined) state.lost++;
      resolve();
    };
    try {
      startWorker({ ...shared, workspace }, { joined, failed });
    } catch (error) {
      state.reasons.add(messageOf(error));
      resolve();
    }
  });
}

async function withTimeout(done: Promise<unknown>): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<void>((resolve) => timer = setTimeout(resolve, READY_TIMEOUT_MS));
  await Promise.race([done, timeout]);
  clearTimeout(timer);
}

function sharedMemory(): WebAssembly.Memory {
  if (typeof SharedArrayBuffer === "undefined") {
    throw new DOMException(
      "Cannot share memory: this host has no shared memory: a page must be cross-origin isolated",
      "NotSupportedError",
    );
  }
  return createMemory(true);
}

/** Whether this thread may block; a browser's main thread may not. */
function maySleep(): boolean {
  try {
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 1, 0);
    return true;
  } catch {
    return false;
  }
}
