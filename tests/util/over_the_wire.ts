/** A value as it arrives in JSON. */
// deno-lint-ignore no-explicit-any
export function overTheWire(value: unknown): any {
  return JSON.parse(JSON.stringify(value));
}
