/** What the checks use of `node:assert`, for a page: a browser has no such module. */
export class AssertionError extends Error {
  constructor({ message }) {
    super(message);
    this.name = "AssertionError";
  }
}

export function fail(message) {
  throw message instanceof Error ? message : new AssertionError({ message });
}

export function ok(value, message = "a value is not true") {
  if (!value) fail(message);
}

export function equal(actual, expected, message) {
  if (!Object.is(actual, expected)) fail(message ?? `got ${actual}, want ${expected}`);
}

export function deepEqual(actual, expected, message) {
  equal(JSON.stringify(actual), JSON.stringify(expected), message);
}

export default Object.assign(ok, { ok, equal, deepEqual, fail });
