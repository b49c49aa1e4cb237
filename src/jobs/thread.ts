/**
 * The thread that trains and scores, so that a server in the same process never waits for a step. After anything but
 * success it ends itself: a thread that has used a GPU must not be terminated from outside while it still responds.
 */
import { messageOf } from "../core/errors.ts";
import { ModelFileError } from "../trained/file/model_file.ts";
import { type CheckpointStore, ResumeError } from "../training/run/checkpoint.ts";
import {
  isBroken,
  type Order,
  type Outcome,
  type Port,
  type Start,
  type Word,
} from "./messages.ts";
import { scorePart, splitTable } from "./score_job.ts";
import { isRefusal, trainJob } from "./train_job.ts";
import type { Progress } from "./train_settings.ts";

/** Milliseconds between two progress messages; the first and the last epoch are always reported. */
const TELL_MS = 200;

const port = globalThis as unknown as Port<Word, Order> & { close(): void };
const stopping = new AbortController();
let kept: (() => void) | undefined;

port.onmessage = ({ data }) => {
  if (data.type === "stop") stopping.abort();
  else if (data.type === "kept") kept?.();
  else void work(data);
};

async function work(order: Start): Promise<void> {
  const outcome = await perform(order).catch((error): Outcome => {
    if (stopping.signal.aborted) return { type: "stopped" };
    const reason = messageOf(error);
    return { type: "failed", reason, isRefusal: isRefusal(error) };
  });
  port.postMessage(outcome);
  if (isBroken(outcome)) port.close();
}

async function perform(order: Start): Promise<Outcome> {
  const { input } = order;
  switch (order.type) {
    case "train":
      return await train(order);
    case "split": {
      const { model, source, falseAlarmRate } = order;
      return { type: "split", split: await splitTable(model, source, input, falseAlarmRate) };
    }
    case "score":
      return { type: "scored", scored: await scorePart(order.model, input, order) };
  }
}

async function train(order: Start & { readonly type: "train" }): Promise<Outcome> {
  const { spec, input, checkpoint, everySeconds, device } = order;
  const store: CheckpointStore = {
    everySeconds,
    read: () => Promise.resolve(checkpoint),
    // Resolves once the other side has it, so that checkpoints do not pile up before a slow disk.
    write: (bytes) =>
      new Promise<void>((resolve) => {
        kept = resolve;
        port.postMessage({ type: "checkpoint", bytes });
      }),
  };
  const context = { device, checkpoint: store, signal: stopping.signal, onProgress: teller() };
  try {
    return { type: "trained", trained: await trainJob(spec, input, context) };
  } catch (error) {
    // For example from another release of this program: the job starts over, because its input is all there.
    const isOfAnotherRun = error instanceof ResumeError || error instanceof ModelFileError;
    if (!checkpoint || !isOfAnotherRun) throw error;
    return await train({ ...order, checkpoint: undefined });
  }
}

function teller(): (report: Progress) => void {
  let last = -Infinity;
  return ({ epoch, epochs, loss, elbo, kl, activeUnits, rowsPerSecond, secondsLeft }) => {
    const now = performance.now();
    if (epoch < epochs && now - last < TELL_MS) return;
    last = now;
    const said = { epoch, epochs, loss, elbo, kl, activeUnits, rowsPerSecond, secondsLeft };
    // JSON cannot hold numbers that are not finite.
    const data = Object.fromEntries(
      Object.entries(said).filter((said): said is [string, number] => Number.isFinite(said[1])),
    );
    port.postMessage({ type: "progress", data });
  };
}
