/** Which work is taken again because a machine was slow, and by whom: by all, so that none has more draws than another. */

/** One child's work: some cases of a kind, on a workload. */
interface Work {
  readonly kind: string;
  readonly workload: string;
  readonly cases: readonly string[];
}

/** What met nothing but a slow machine. */
interface Slow {
  readonly kind: string;
  readonly workload: string;
  readonly case: string;
}

/**
 * The turns, of each the cases in which some peer met nothing but a slow machine. All peers take such
 * a case again: a figure is the best of a peer's runs, so one that ran more often would be favoured.
 */
export function turnsAgain<T extends Work>(turns: readonly T[], slow: readonly Slow[]): T[] {
  return turns.flatMap((turn) => {
    const { kind, workload } = turn;
    const again = slow.filter((at) => at.kind === kind && at.workload === workload)
      .map((at) => at.case);
    // A cold start is one process whatever is asked of it.
    const cases = turn.cases.filter((each) => again.includes(each));
    return cases.length === 0 ? [] : [{ ...turn, cases: kind === "cold" ? turn.cases : cases }];
  });
}
