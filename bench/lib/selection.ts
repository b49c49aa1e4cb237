/** The cells that `--only` selects: words of several sorts, in any mixture. */

/** Selects by sort; a sort without a word is selected whole. */
export interface Selection {
  has(sort: string, value: string): boolean;
}

/**
 * @param vocabulary every word, by sort
 * @throws RangeError for an unknown word
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
