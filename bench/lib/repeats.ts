/**
 * Which work is measured again because the machine was slow, and by whom: by all peers, so that none gets more samples
 * than another.
 */

/** One child's work: some cases of a kind, on a workload. */
interface Work {
  readonly kind: string;
  readonly workload: string;
  readonly cases: readonly string[];
}

/** The cases that met only a slow machine. */
interface Slow {
  readonly kind: string;
  readonly workload: string;
  readonly case: string;
}

/**
 * The turns, each with the cases in which some peer met only a slow machine. All peers measure such a case again: a
 * figure is the best of a peer's runs, so more runs would be an advantage.
 */
export function turnsToRepeat<T extends Work>(turns: readonly T[], slow: readonly Slow[]): T[] {
  return turns.flatMap((turn) => {
    const { kind, workload } = turn;
    const again = slow.filter((at) => at.kind === kind && at.workload === workload)
      .map((at) => at.case);
    // A cold start is always one process.
    const cases = turn.cases.filter((each) => again.includes(each));
    return cases.length === 0 ? [] : [{ ...turn, cases: kind === "cold" ? turn.cases : cases }];
  });
}
