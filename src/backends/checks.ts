/** Argument checks at the boundary of a backend: names, ranges, integers and rows. */
/** @throws RangeError unless `count` elements from `offset` lie within `length` */
export function requireRange(action: string, offset: number, count: number, length: number): void {
  if (Number.isInteger(offset) && offset >= 0 && offset + count <= length) return;
  throw new RangeError(
    `Cannot ${action}: elements must lie in 0 … ${length}, got ${offset} … ${offset + count}`,
  );
}

/** @throws RangeError unless all values of an integer input are u32 */
export function requireWords(name: string, values: ArrayLike<number>): void {
  for (let i = 0; i < values.length; i++) {
    if (values[i] >>> 0 === values[i]) continue;
    throw new RangeError(
      `Cannot write input "${name}": element ${i} must be a u32, got ${values[i]}`,
    );
  }
}

/** @throws RangeError unless `rows` is an integer from 1 to the capacity */
export function requireRows(rows: number, capacity: number): void {
  if (Number.isInteger(rows) && rows >= 1 && rows <= capacity) return;
  throw new RangeError(
    `Cannot run: rows must be an integer from 1 to ${capacity}, got ${rows}`,
  );
}

/** @throws RangeError if there is no such name */
export function named<T>(known: ReadonlyMap<string, T>, action: string, name: string): T {
  const found = known.get(name);
  if (found !== undefined) return found;
  const names = [...known.keys()].map((each) => `"${each}"`).join(", ") || "none";
  throw new RangeError(`Cannot ${action} "${name}": the program has ${names}`);
}

/** The error for using something that was disposed. */
export function disposed(action: string, what: string): DOMException {
  return new DOMException(`Cannot ${action}: the ${what} was disposed`, "InvalidStateError");
}
