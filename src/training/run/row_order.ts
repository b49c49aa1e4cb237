/**
 * The rows of each epoch and their order: functions of the seed and the epoch alone, so that a run can be resumed.
 *
 *   shuffled  every row once
 *   mixed     every row without a label once; labelled rows evenly in between, repeated as often as needed for
 *             the given share of each batch, all equally often
 */
import { permutation } from "../../core/random/permutation.ts";
import { STREAMS } from "../../core/random/streams.ts";

/** The rows of every epoch. */
export interface RowOrder {
  /** Rows per epoch. */
  readonly length: number;
  /** Indices of the epoch's rows. */
  ofEpoch(epoch: number): Uint32Array<ArrayBuffer>;
}

export function shuffled(rows: number, seed: number): RowOrder {
  return { length: rows, ofEpoch: (epoch) => permutation(rows, seed, epoch, STREAMS.shuffle) };
}

/** @param share share of labelled rows in a batch, in (0, 1); there must be rows of both kinds */
export function mixedByLabel(
  labelled: Uint32Array,
  unlabelled: Uint32Array,
  share: number,
  seed: number,
): RowOrder {
  const draws = Math.max(1, Math.round(unlabelled.length * share / (1 - share)));
  const length = unlabelled.length + draws;
  const ofEpoch = (epoch: number) => {
    const unlabelledOrder = permutation(unlabelled.length, seed, epoch, STREAMS.shuffle);
    const round = roundsOf(labelled.length, seed);
    const order = new Uint32Array(length);
    for (let i = 0, labelledCount = 0; i < length; i++) {
      const isLabelledDue = Math.floor((i + 1) * draws / length) > labelledCount;
      order[i] = isLabelledDue
        ? labelled[round(epoch * draws + labelledCount++)]
        : unlabelled[unlabelledOrder[i - labelledCount]];
    }
    return order;
  };
  return { length, ofEpoch };
}

/** Cycles through rows, in a new order in each round. @returns a function that gives the n-th row */
function roundsOf(count: number, seed: number): (n: number) => number {
  let currentRound = -1, order = new Uint32Array();
  return (n) => {
    const round = Math.floor(n / count);
    if (round !== currentRound) order = permutation(count, seed, round, STREAMS.labelled);
    currentRound = round;
    return order[n % count];
  };
}
