/**
 * A program's list of records, run many times: with the helpers, or alone if that is faster. Which is faster is
 * measured for small work, per power of two of rows. Larger work is always shared, since the cost of handing it over is
 * negligible.
 */
import type { Plan } from "../../graph/plan.ts";
import { ThreadTuner } from "./threads/thread_tuner.ts";
import type { Host } from "./segment.ts";
import { picosecondsOfRow } from "./split.ts";

export class RecordList {
  readonly #host: Host;
  readonly #count: number;
  readonly #rowWork: number;
  /** By log2 of the rows; `undefined` if nothing can be cut. */
  readonly #tuners = new Map<number, ThreadTuner | undefined>();

  /** @param count the number of records in the list */
  constructor(host: Host, count: number, plan: Plan) {
    this.#host = host;
    this.#count = count;
    this.#rowWork = picosecondsOfRow(plan);
  }

  /** Executes the records at byte address `list`. */
  run(list: number, rows: number): void {
    const host = this.#host, { threads } = host;
    if (threads.maxCount === 1 || threads.count === 1) return host.run(list, this.#count, rows);
    if (rows * this.#rowWork >= threads.certainWork) return host.run(list, this.#count, rows);
    const tuner = this.#tunerOf(list, rows);
    if (!tuner) return host.runAlone(list, this.#count, rows);
    const start = threads.clock();
    if (tuner.isShared) host.run(list, this.#count, rows);
    else host.runAlone(list, this.#count, rows);
    tuner.record(threads.clock() - start);
  }

  #tunerOf(list: number, rows: number): ThreadTuner | undefined {
    const power = 31 - Math.clz32(rows);
    if (!this.#tuners.has(power)) {
      const { kernels } = this.#host.threads, maxRows = 2 ** (power + 1) - 1;
      const isCut = kernels.isWorthSharing(list, this.#count, maxRows);
      this.#tuners.set(power, isCut ? new ThreadTuner() : undefined);
    }
    return this.#tuners.get(power);
  }
}
