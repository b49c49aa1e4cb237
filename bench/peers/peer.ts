/** A peer in a new process: what it can do, its requests and its answers. `pytorch.py` uses the same protocol. */
import { openProbe } from "../lib/probe.ts";
import { readRequest, tell } from "../lib/protocol.ts";
import { roundSamples, type Samples } from "../lib/statistics.ts";
import { type Call, sample } from "../lib/timing.ts";
import {
  casesOf,
  IWAE,
  type Kind,
  KINDS,
  type Model,
  readModel,
  WORKLOADS,
} from "../lib/workloads.ts";

/** The driver's request to a child. `check` compares what the peers compute. */
export interface Request {
  readonly kind: Kind | "check";
  /** Empty if the kind has none. */
  readonly workload: string;
  /** The requested cases; all of the kind by default. */
  readonly cases?: readonly string[];
  /** Seconds of sampling, per case. */
  readonly seconds: number;
  /** The folder of models, ONNX files and the probe. */
  readonly folder: string;
  readonly threads: number;
  /** Distinguishes several ways of using one peer. */
  readonly variant?: string;
  /** Unix time in milliseconds at which the process was started. */
  readonly startedAt?: number;
  /** Values that a peer in another language cannot import from here. */
  readonly constants?: Readonly<Record<string, unknown>>;
}

/** Versions and anything else that identifies what really ran. `threads` are those in use. */
export interface About {
  readonly threads: number;
  readonly [detail: string]: string | number;
}

/** A child's answer; the first says what it is, and why it lacks kinds that one would expect. */
export type Answer =
  | { readonly about: About; readonly kinds: readonly Kind[]; readonly refused: Refusals }
  | ({ readonly case: string } & Samples)
  | { readonly cold: ColdStart }
  | { readonly check: string; readonly one: number; readonly scores: readonly number[] }
  | { readonly trained: string; readonly scores: readonly number[] };

/** Reasons by kind. */
export type Refusals = Readonly<Partial<Record<Kind, string>>>;

/** Milliseconds from the start of the process, and of the calls after it. */
export interface ColdStart {
  readonly ready: number;
  readonly firstScore: number;
  readonly next99: number;
}

/** Work that is ready to run. */
export interface Task {
  /** One score of the batch, one training step, or one product. */
  readonly run: Call;
  /** If `run` cannot be called by itself: takes the samples, milliseconds per call. */
  readonly ownSamples?: (seconds: number) => Promise<number[]>;
  dispose?(): void;
}

export interface ScoreTask extends Task {
  /** The results of the last run, nats per row, without additive constants. */
  readonly scores: ArrayLike<number>;
}

export interface TrainTask extends Task {
  /** The weights as in `Model`, after the steps so far. */
  weights(): Promise<Float32Array<ArrayBuffer>[]>;
}

/** A program that can do some of the work; it is not asked for kinds that it lacks. */
export interface Peer {
  readonly about: About;
  readonly refused?: Refusals;
  score?(model: Model, batch: number): Promise<ScoreTask> | ScoreTask;
  train?(model: Model, batch: number): Promise<TrainTask> | TrainTask;
  iwae?(model: Model, batch: number, samples: number): Promise<Task> | Task;
  gemm?(m: number, k: number, n: number): Promise<Task> | Task;
}

/** Rows that are scored for comparison, and training steps before the second comparison. */
export const CHECK = { rows: 64, steps: 30, batch: 32 } as const;

/** Does what the request in the arguments asks, and exits, because libraries leave workers behind. */
export async function serve(open: (request: Request) => Peer | Promise<Peer>): Promise<void> {
  const request = readRequest<Request>();
  const peer = await open(request);
  const kinds = KINDS.filter((kind) => kind === "cold" ? peer.score : peer[kind]);
  answer({ about: peer.about, kinds, refused: peer.refused ?? {} });
  if (request.kind === "cold") await coldStart(peer, request);
  else if (request.kind === "check") await check(peer, request);
  else await measure(peer, request);
  Deno.exit(0);
}

/** Deterministic numbers in [-1, 1), for products: their values do not matter, but zeros would. */
export function someFloats(length: number): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length }, (_, i) => Math.sin(i));
}

function answer(what: Answer): void {
  tell(what);
}

async function measure(peer: Peer, request: Request): Promise<void> {
  const { kind, folder, seconds } = request;
  const probe = await openProbe(Deno.readFileSync(`${folder}/probe.wasm`));
  for (const name of request.cases ?? casesOf(kind as Kind)) {
    const task = await taskOf(peer, request, name);
    if (task.ownSamples) {
      const before = probe(), ms = await task.ownSamples(seconds);
      answer({ case: name, ms, probes: [before, probe()] });
    } else answer({ case: name, ...roundSamples(await sample(task.run, seconds, probe)) });
    task.dispose?.();
  }
}

function taskOf(peer: Peer, request: Request, name: string): Task | Promise<Task> {
  if (request.kind === "gemm") {
    const [m, k, n] = name.split("x").map(Number);
    return peer.gemm!(m, k, n);
  }
  const model = readModel(request.folder, request.workload), batch = Number(name);
  if (request.kind === "score") return peer.score!(model, batch);
  if (request.kind === "train") return peer.train!(model, batch);
  return peer.iwae!(model, batch, IWAE.samples);
}

async function coldStart(peer: Peer, request: Request): Promise<void> {
  const age = () => performance.timeOrigin + performance.now() - request.startedAt!;
  const task = await peer.score!(readModel(request.folder, request.workload, 1), 1);
  const ready = age();
  await task.run();
  const firstScore = age();
  for (let i = 0; i < 99; i++) await task.run();
  answer({ cold: { ready, firstScore, next99: age() - firstScore } });
}

/** Scores of the first rows, in a batch and alone; and again after some training steps. */
async function check(peer: Peer, { folder }: Request): Promise<void> {
  for (const { name } of WORKLOADS) {
    const model = readModel(folder, name);
    if (peer.score) {
      const [one] = await scoresOf(peer, model, 1);
      answer({ check: name, one, scores: await scoresOf(peer, model, CHECK.rows) });
    }
    if (peer.train && peer.score) {
      const task = await peer.train(model, CHECK.batch);
      for (let step = 0; step < CHECK.steps; step++) await task.run();
      const trained = { ...model, weights: await task.weights() };
      answer({ trained: name, scores: await scoresOf(peer, trained, CHECK.rows) });
    }
  }
}

async function scoresOf(peer: Peer, model: Model, batch: number): Promise<number[]> {
  const task = await peer.score!(model, batch);
  await task.run();
  const scores = Array.from(task.scores);
  task.dispose?.();
  return scores;
}
