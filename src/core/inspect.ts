/** The name of the method that says what a console shows of an object, in Deno, Node.js and Bun. */
export const INSPECT: unique symbol = Symbol.for("nodejs.util.inspect.custom");

/** An object that a console shows under a class's name. */
export function shownAs(name: string, fields: object): object {
  return Object.defineProperty({ ...fields }, Symbol.toStringTag, { value: name });
}
