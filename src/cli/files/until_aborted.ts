/** Passes on a stream until a signal is aborted, even while waiting for a piece, because a pipe may be silent. */

/** @throws the signal's reason */
export async function* untilAborted<Piece>(
  pieces: AsyncIterable<Piece>,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  // One listener: racing every wait against one long-lived promise would keep all of them in memory.
  let interrupt = (_reason: unknown) => {}, isWaiting = false;
  const source = pieces[Symbol.asyncIterator]();
  const listener = () => interrupt(signal.reason);
  signal.addEventListener("abort", listener);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await new Promise<IteratorResult<Piece, void>>((resolve, reject) => {
        interrupt = reject;
        isWaiting = true;
        source.next().then(resolve, reject);
      });
      isWaiting = false;
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", listener);
    // A silent source closes when its next piece arrives, if ever.
    const closed = source.return?.();
    if (isWaiting) closed?.catch(() => {});
    else await closed;
  }
}
