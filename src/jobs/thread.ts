/**
 * The thread that trains and scores, so that a server in the same process never waits for a step. After anything but
 * success it ends itself: a thread that has used a GPU must not be terminated from outside while it still responds.
 */
import { isRefusal, messageOf } from "../core/errors.ts";
import { DataError } from "../formats/errors.ts";
import { ModelFileError } from "../trained/file/model_file.ts";
import { type CheckpointStore, ResumeError } from "../training/run/checkpoint.ts";
import {
  type FromThread,
  isThreadOver,
  type Outcome,
  type Port,
  type Task,
  type ToThread,
} from "./messages.ts";
import { scorePart, type Split, splitTable } from "./score_job.ts";
import { trainJob } from "./train_job.ts";
import type { Progress } from "./train_settings.ts";

/** Milliseconds between two progress messages; the first and the last epoch are always reported. */
const REPORT_MS = 200;

const port = globalThis as unknown as Port<FromThread, ToThread> & { close(): void };
const stopping = new AbortController();
let onCheckpointSaved: (() => void) | undefined;

port.onmessage = ({ data }) => {
  if (data.type === "stop") stopping.abort();
  else if (data.type === "checkpointSaved") onCheckpointSaved?.();
  else void work(data);
};

async function work(task: Task): Promise<void> {
  const outcome = await perform(task).catch((error): Outcome => {
    if (stopping.signal.aborted) return { type: "stopped" };
    const isHeadless = error instanceof DataError && error.option === "header";
    const reason = `${messageOf(error)}${
      isHeadless ? ' (if the first line is a row: "header": false)' : ""
    }`;
    // Whether another attempt would end the same way, as training that diverged would, too.
    return { type: "failed", reason, isRefusal: isRefusal(error) };
  });
  port.postMessage(outcome, outcome.type === "split" ? buffersOf(outcome.split) : []);
  if (isThreadOver(outcome)) port.close();
}

/** The memory of the parts, which may be most of what the thread holds. */
function buffersOf({ parts }: Split): ArrayBuffer[] {
  return parts.map(({ buffer }) => buffer);
}

async function perform(task: Task): Promise<Outcome> {
  const { input } = task;
  switch (task.type) {
    case "train":
      return await train(task);
    case "split": {
      const { model, uploaded } = task;
      return {
        type: "split",
        split: await splitTable(model, uploaded, input, task, stopping.signal),
      };
    }
    case "score":
      return { type: "scored", scored: await scorePart(task.model, input, task) };
  }
}

async function train(task: Task & { readonly type: "train" }): Promise<Outcome> {
  const { spec, input, checkpoint, everySeconds, device } = task;
  const store: CheckpointStore = {
    everySeconds,
    read: () => Promise.resolve(checkpoint),
    // Resolves once the other side has it, so that checkpoints do not pile up before a slow disk.
    write: (bytes) =>
      new Promise<void>((resolve) => {
        onCheckpointSaved = resolve;
        port.postMessage({ type: "checkpoint", bytes });
      }),
  };
  const context = {
    device,
    checkpoint: store,
    signal: stopping.signal,
    onProgress: progressReporter(),
  };
  try {
    return { type: "trained", trained: await trainJob(spec, input, context) };
  } catch (error) {
    // For example from another release of this program: the job starts over, because its input is all there.
    const isOfAnotherRun = error instanceof ResumeError || error instanceof ModelFileError;
    if (!checkpoint || !isOfAnotherRun) throw error;
    return await train({ ...task, checkpoint: undefined });
  }
}

function progressReporter(): (report: Progress) => void {
  let last = -Infinity;
  return ({ epoch, epochs, loss, elbo, kl, activeUnits, rowsPerSecond, secondsLeft }) => {
    const now = performance.now();
    if (epoch < epochs && now - last < REPORT_MS) return;
    last = now;
    const numbers = { epoch, epochs, loss, elbo, kl, activeUnits, rowsPerSecond, secondsLeft };
    // JSON cannot hold numbers that are not finite.
    const data = Object.fromEntries(
      Object.entries(numbers).filter((entry): entry is [string, number] =>
        Number.isFinite(entry[1])
      ),
    );
    port.postMessage({ type: "progress", data });
  };
}
