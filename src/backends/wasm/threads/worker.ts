/**
 * One worker thread on any host, without a permission or a file: by `node:worker_threads` if the process offers it
 * (Node.js, Deno, Bun), else as a Worker at a blob: URL (browsers). The former does not keep its process alive; a
 * Worker in Deno would.
 *
 * A worker ends by itself when the main thread dismisses it. It is never terminated: Deno 2.9.6 would leak the thread,
 * and some 10 MB, of a sleeping worker.
 */
import { builtin } from "../../../core/builtin.ts";

/** The input of a worker: a build of the kernels, the shared memory, and a workspace in it. */
export interface WorkerTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The first byte of the workspace. */
  readonly workspace: number;
}

/** Events of a worker. It may fail after it has joined. */
export interface WorkerEvents {
  joined(): void;
  failed(error: unknown): void;
}

/** Sends JOINED, or the error. If it fails after joining, it also tells the other threads. */
const JOINED = "joined";
const HELPER_SOURCE = `({ module, memory, workspace }, tell) => {
  let fail = () => {};
  try {
    const kernels = new WebAssembly.Instance(module, { env: { memory } }).exports;
    kernels.join(workspace);
    fail = kernels.fail;
    tell("${JOINED}");
    kernels.help();
  } catch (error) {
    fail();
    tell(String(error));
  }
}`;

const NODE_SOURCE = `const { parentPort, workerData } = require("node:worker_threads");
(${HELPER_SOURCE})(workerData, (message) => parentPort.postMessage(message));`;

const WEB_SOURCE = `onmessage = ({ data }) => {
  (${HELPER_SOURCE})(data, (message) => postMessage(message));
  close();
};`;

/** @throws Error if the host has no workers, or refuses this one at once */
export function startWorker(task: WorkerTask, events: WorkerEvents): void {
  const onMessage = (message: unknown) => {
    if (message === JOINED) events.joined();
    else events.failed(message);
  };
  const threads = builtin<NodeThreads>("node:worker_threads");
  if (threads?.Worker) startNodeWorker(threads.Worker, task, onMessage);
  else startWebWorker(task, onMessage);
}

/** How many threads can run at once; Infinity if the host does not say. */
export function processorsHere(): number {
  return globalThis.navigator?.hardwareConcurrency ??
    builtin<NodeSystem>("node:os")?.availableParallelism() ?? Infinity;
}

interface NodeThreads {
  readonly Worker?: new (source: string, options: object) => NodeWorker;
}

interface NodeWorker {
  on(event: "message" | "error", listener: (value: unknown) => void): void;
  unref(): void;
}

interface NodeSystem {
  availableParallelism(): number;
}

function startNodeWorker(
  Worker: NonNullable<NodeThreads["Worker"]>,
  task: WorkerTask,
  onMessage: (message: unknown) => void,
): void {
  const worker = new Worker(NODE_SOURCE, { eval: true, workerData: task, env: {}, execArgv: [] });
  worker.on("message", onMessage);
  worker.on("error", onMessage);
  worker.unref();
}

function startWebWorker(task: WorkerTask, onMessage: (message: unknown) => void): void {
  if (typeof Worker === "undefined") {
    throw new DOMException("Cannot start worker: this host has no workers", "NotSupportedError");
  }
  const url = URL.createObjectURL(new Blob([WEB_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }) => {
    URL.revokeObjectURL(url);
    onMessage(data);
  };
  worker.onerror = (event) => {
    event.preventDefault(); // reported, not thrown
    URL.revokeObjectURL(url);
    onMessage(event.message);
  };
  worker.postMessage(task);
}
