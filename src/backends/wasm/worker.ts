/**
 * One worker thread, on whatever host this is, without a permission or a file: by `node:worker_threads`
 * where there is a process that offers it (Node.js, Deno, Bun), else as a Worker at a blob: URL
 * (browsers). The former does not keep its process alive; a Worker of Deno would.
 *
 * A worker ends by itself when the first thread dismisses it. It is never terminated: Deno would keep
 * the thread, and some 10 MB, of one that sleeps (2.9.6).
 */

/** What a worker is given: a build of the kernels, the memory it shares, and a workspace there. */
export interface WorkerTask {
  readonly module: WebAssembly.Module;
  readonly memory: WebAssembly.Memory;
  /** The first byte of the workspace. */
  readonly workspace: number;
}

/** What is heard of a worker. It may fail after it has joined. */
export interface WorkerEvents {
  joined(): void;
  failed(error: unknown): void;
}

/** Tells JOINED, or what went wrong, and if it had joined, the other threads. */
const JOINED = "joined";
const HELP = `({ module, memory, workspace }, tell) => {
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
(${HELP})(workerData, (message) => parentPort.postMessage(message));`;

const WEB_SOURCE = `onmessage = ({ data }) => {
  (${HELP})(data, (message) => postMessage(message));
  close();
};`;

/** @throws Error if the host has no workers, or refuses this one at once */
export function startWorker(task: WorkerTask, events: WorkerEvents): void {
  const told = (message: unknown) => {
    if (message === JOINED) events.joined();
    else events.failed(message);
  };
  const threads = builtin<NodeThreads>("node:worker_threads");
  if (threads?.Worker) startNodeWorker(threads.Worker, task, told);
  else startWebWorker(task, told);
}

/** How many threads can run at once; infinite where the host does not say. */
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

/** A module of Node.js, where there is one, without an import: bundles for other hosts have none. */
function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as {
    process?: { getBuiltinModule?(name: string): unknown };
  };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

function startNodeWorker(
  Worker: NonNullable<NodeThreads["Worker"]>,
  task: WorkerTask,
  told: (message: unknown) => void,
): void {
  const worker = new Worker(NODE_SOURCE, { eval: true, workerData: task, env: {}, execArgv: [] });
  worker.on("message", told);
  worker.on("error", told);
  worker.unref();
}

function startWebWorker(task: WorkerTask, told: (message: unknown) => void): void {
  if (typeof Worker === "undefined") {
    throw new DOMException("Cannot start worker: this host has none", "NotSupportedError");
  }
  const url = URL.createObjectURL(new Blob([WEB_SOURCE], { type: "text/javascript" }));
  const worker = new Worker(url, { type: "module" });
  worker.onmessage = ({ data }) => {
    URL.revokeObjectURL(url);
    told(data);
  };
  worker.onerror = (event) => {
    event.preventDefault(); // it is told, not thrown
    URL.revokeObjectURL(url);
    told(event.message);
  };
  worker.postMessage(task);
}
