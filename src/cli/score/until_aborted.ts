/** The pieces of a stream until a signal is aborted, also while one is waited for: a pipe may be silent. */

/** @throws the signal's reason */
export async function* untilAborted<Piece>(
  pieces: AsyncGenerator<Piece>,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  // One listener, which forgets: a promise that every wait races against would hold on to all of them.
  let interrupt = (_reason: unknown) => {};
  const listener = () => interrupt(signal.reason);
  signal.addEventListener("abort", listener);
  try {
    for (;;) {
      signal.throwIfAborted();
      const { done, value } = await new Promise<IteratorResult<Piece, void>>((resolve, reject) => {
        interrupt = reject;
        pieces.next().then(resolve, reject);
      });
      if (done) return;
      yield value;
    }
  } finally {
    signal.removeEventListener("abort", listener);
  }
}
