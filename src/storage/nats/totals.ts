/**
 * Counts of ended jobs by outcome, for the metrics. Each end is counted once: the ids of the latest ones are stored
 * with the counts.
 */
import type { KV } from "npm:@nats-io/kv@3.4.0";
import type { FinishedJobs, Job } from "../job_queue.ts";
import { withRetries } from "./retries.ts";
import { isOutdated } from "./records.ts";

const KEY = "totals";

/** How many ends are remembered: those that may still be reported twice. */
const REMEMBERED = 1000;

interface Totals {
  readonly finished: readonly FinishedJobs[];
  readonly last: readonly string[];
}

export async function addToTotals(
  kv: KV,
  { id, kind, state, started, finished }: Job,
): Promise<void> {
  const ms = started && finished ? Date.parse(finished) - Date.parse(started) : 0;
  // A total never falls, even if the clock was set back.
  const seconds = Math.max(0, ms) / 1000;
  for (;;) {
    const entry = await withRetries(() => kv.get(KEY));
    const { finished: before, last } = entry?.json<Totals>() ?? { finished: [], last: [] };
    if (last.includes(id)) return;
    const isSame = (each: FinishedJobs) => each.kind === kind && each.state === state;
    const found = before.find(isSame) ?? { kind, state, count: 0, seconds: 0 };
    const added = { ...found, count: found.count + 1, seconds: found.seconds + seconds };
    const next: Totals = {
      finished: [...before.filter((each) => !isSame(each)), added],
      last: [...last, id].slice(-REMEMBERED),
    };
    try {
      await withRetries(() =>
        kv.put(KEY, JSON.stringify(next), { previousSeq: entry?.revision ?? 0 })
      );
      return;
    } catch (error) {
      if (!isOutdated(error)) throw error;
    }
  }
}

export async function readTotals(kv: KV): Promise<readonly FinishedJobs[]> {
  return (await withRetries(() => kv.get(KEY)))?.json<Totals>().finished ?? [];
}
