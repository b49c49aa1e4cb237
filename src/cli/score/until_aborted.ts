/** The pieces of a stream until a signal is aborted, also while one is waited for: a pipe may be silent. */

/** @throws the signal's reason */
export async function* untilAborted<Piece>(
  pieces: AsyncIterable<Piece>,
  signal: AbortSignal,
): AsyncGenerator<Piece> {
  // One listener, which forgets: a promise that every wait races against would hold on to all of them.
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
    // One that is silent closes when it speaks again, if ever.
    const closed = source.return?.();
    if (isWaiting) closed?.catch(() => {});
    else await closed;
  }
}
