/** What `--only` leaves of the cells: words of several sorts, in any mixture. */

/** Chooses by sort: without a word of a sort, everything of it. */
export interface Selection {
  has(sort: string, value: string): boolean;
}

/**
 * @param vocabulary every word there is, by sort
 * @throws RangeError for a word that is in none
 */
export function select(
  words: readonly string[],
  vocabulary: Readonly<Record<string, readonly string[]>>,
): Selection {
  const unknown = words.find((word) => !Object.values(vocabulary).flat().includes(word));
  if (unknown !== undefined) {
    const known = Object.values(vocabulary).flat().join(", ");
    throw new RangeError(`Cannot select "${unknown}": there are ${known}`);
  }
  return {
    has(sort, value) {
      const named = vocabulary[sort].filter((word) => words.includes(word));
      return named.length === 0 || named.includes(value);
    },
  };
}
