/**
 * The whole state of a run as one file, so that a run killed at any moment and resumed ends with the same bytes as an
 * uninterrupted one: parameters, optimiser state, the best and the last good epoch, and all counters. Shuffling and
 * noise need no state, because they are functions of the seed and the counters.
 */
import { crc32 } from "../../core/bytes/crc32.ts";
import type { Tensor } from "../../formats/safetensors/safetensors.ts";
import type { Matrix } from "../../trained/rows/matrix.ts";
import { readModelFile, requireKind, writeModelFile } from "../../trained/file/model_file.ts";
import type { EpochMeans } from "../report.ts";

/** Storage for the state of a run. A write must be atomic. */
export interface CheckpointStore {
  /** The last state written; undefined if there is none. */
  read(): Promise<Uint8Array | undefined>;
  /** Replaces the state. */
  write(bytes: Uint8Array): Promise<void>;
  /** Seconds between two writes. Default: 1. */
  readonly everySeconds?: number;
}

/** Values of both segments, and the matching powers of Adam's decay rates. */
export interface Snapshot {
  readonly parameters: Float32Array | Float64Array;
  readonly state: Float32Array | Float64Array;
  readonly beta1Power: number;
  readonly beta2Power: number;
}

/** Counters of a run: plain numbers, exact in JSON. */
export interface RunCounters {
  /** Completed epochs. */
  epoch: number;
  /** Steps taken, over all epochs; also numbers the noise. */
  step: number;
  /** Completed batches of the current epoch. */
  batch: number;
  /** Sums over the current epoch, see `EpochSums`. */
  sums: readonly number[];
  beta1Power: number;
  beta2Power: number;
  /** Factor of the learning rate, divided by ten at each rollback. */
  rate: number;
  skippedSteps: number;
  consecutiveSkips: number;
  rollbacks: number;
  /** Mean objective of the untrained model; null if it was not finite. */
  untrained: number | null;
  /** The epoch to fall back to; 0 for the untrained model. */
  goodEpoch: number;
  /** Whether the last epoch still has to be accepted by the next step. */
  proposed: boolean;
  bestEpoch: number;
  bestElbo: number | null;
  finished: boolean;
  stoppedEarly: boolean;
  history: readonly EpochMeans[];
}

/** Counters of a run that has not begun. */
export function newCounters(): RunCounters {
  return {
    epoch: 0,
    step: 0,
    batch: 0,
    sums: [],
    beta1Power: 1,
    beta2Power: 1,
    rate: 1,
    skippedSteps: 0,
    consecutiveSkips: 0,
    rollbacks: 0,
    untrained: null,
    goodEpoch: 0,
    proposed: false,
    bestEpoch: 0,
    bestElbo: null,
    finished: false,
    stoppedEarly: false,
    history: [],
  };
}

export interface Checkpoint {
  readonly counters: RunCounters;
  readonly current: Snapshot;
  readonly good: Snapshot;
  readonly best?: Snapshot;
}

/** Everything that determines a run; a checkpoint of a different run is rejected. */
export type RunIdentity = Readonly<Record<string, unknown>>;

export function writeCheckpoint(identity: RunIdentity, checkpoint: Checkpoint): Uint8Array {
  const { counters, current, good, best } = checkpoint;
  const snapshots = { current, good, ...(best && { best }) };
  const tensors = Object.entries(snapshots).flatMap(([name, { parameters, state }]) => [
    [`${name}.parameters`, tensorOf(parameters)] as const,
    [`${name}.state`, tensorOf(state)] as const,
  ]);
  const powers = Object.fromEntries(
    Object.entries(snapshots).map((
      [name, { beta1Power, beta2Power }],
    ) => [name, [beta1Power, beta2Power]]),
  );
  const { history, ...plain } = counters;
  const metadata = { identity, counters: plain, powers };
  const all = new Map<string, Tensor>([...tensors, ["history", historyTensor(history)]]);
  return writeModelFile({ kind: "checkpoint", metadata, tensors: all });
}

/** The checkpoint belongs to a different run. */
export class ResumeError extends TypeError {
  /** For messages. */
  override readonly name: string = "ResumeError";
  /** The difference. */
  readonly reason: string;

  /** Creates the error. @param reason the end of its message */
  constructor(reason: string) {
    super(`Cannot resume: ${reason}`);
    this.reason = reason;
  }
}

/** @throws ResumeError if the checkpoint belongs to another run, ModelFileError if it is damaged */
export function readCheckpoint(identity: RunIdentity, bytes: Uint8Array): Checkpoint {
  const file = readModelFile(bytes);
  requireKind(file, ["checkpoint"]);
  requireIdentity(identity, file.metadata.identity as RunIdentity);
  const powers = file.metadata.powers as Record<string, [number, number]>;
  const snapshot = (name: string): Snapshot => ({
    parameters: file.tensors.get(`${name}.parameters`)!.data as Float32Array,
    state: file.tensors.get(`${name}.state`)!.data as Float32Array,
    beta1Power: powers[name][0],
    beta2Power: powers[name][1],
  });
  const plain = file.metadata.counters as Omit<RunCounters, "history">;
  return {
    counters: { ...plain, history: readHistory(file.tensors.get("history")!) },
    current: snapshot("current"),
    good: snapshot("good"),
    best: powers.best && snapshot("best"),
  };
}

/** Keys of an identity that stand for several things. */
const PLURAL_KEYS: ReadonlySet<string> = new Set(["data", "members"]);

/** @throws ResumeError naming the first difference; the preset comes before keys that only one preset has */
export function requireIdentity(identity: RunIdentity, stored: RunIdentity): void {
  for (const key of new Set(["preset", ...Object.keys(identity)])) {
    if (JSON.stringify(stored[key]) === JSON.stringify(identity[key])) continue;
    const other = PLURAL_KEYS.has(key) ? "other" : "another";
    throw new ResumeError(`the checkpoint was made with ${other} ${key}`);
  }
}

/** A short text that depends on every value of the matrices. */
export function digestOf(matrices: Iterable<Pick<Matrix, "data" | "shape">>): string {
  return Array.from(matrices, ({ data, shape }) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    return `${shape.join("x")} ${crc32(bytes)}`;
  }).join(", ");
}

/** The fields of an epoch; the last one only in runs with validation rows. */
const EPOCH_FIELDS = [
  "epoch",
  "loss",
  "reconstruction",
  "kl",
  "elbo",
  "activeUnits",
  "skippedSteps",
  "validationElbo",
] as const satisfies readonly (keyof EpochMeans)[];

/** `[epochs, fields]`: a tensor, because a long history exceeds the size of a header, and JSON has no NaN. */
function historyTensor(history: readonly EpochMeans[]): Tensor {
  const validated = history.length > 0 && history[0].validationElbo !== undefined;
  const fields = validated ? EPOCH_FIELDS : EPOCH_FIELDS.slice(0, -1);
  const data = Float64Array.from(history.flatMap((means) => fields.map((field) => means[field]!)));
  return { dtype: "F64", shape: [history.length, fields.length], data };
}

function readHistory({ data, shape: [epochs, width] }: Tensor): EpochMeans[] {
  const fields = EPOCH_FIELDS.slice(0, width);
  return Array.from({ length: epochs }, (_, e) => {
    const values = fields.map((field, f) => [field, Number(data[e * width + f])]);
    return Object.fromEntries(values) as EpochMeans;
  });
}

function tensorOf(data: Float32Array | Float64Array): Tensor {
  return { dtype: data instanceof Float64Array ? "F64" : "F32", shape: [data.length], data };
}
