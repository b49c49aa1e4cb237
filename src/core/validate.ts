/**
 * Validation of external plain data: options, specs, metadata. Each error names the field and says what was expected;
 * unknown keys are refused.
 */

/** A plain object whose keys have not been checked yet. */
export type Fields = Readonly<Record<string, unknown>>;

/**
 * @param field the name for messages, as a user would write it: `spec.encoder`
 * @throws TypeError if `value` is not a plain object, or has a key not in `allowed`
 */
export function requireObject(field: string, value: unknown, allowed: readonly string[]): Fields {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw new TypeError(
      `Cannot read ${field}: expected an object, got ${show(value)}`,
    );
  }
  const unknown = Object.keys(value).filter((key) => !allowed.includes(key));
  if (unknown.length > 0) {
    throw new TypeError(
      `Cannot read ${field}: unknown key "${unknown[0]}" (known keys are ${allowed.join(", ")})`,
    );
  }
  return value as Fields;
}

/** Limits of a number; `integer` requires a whole number. */
export interface NumberLimits {
  readonly min?: number;
  readonly max?: number;
  /** The number must be greater than this. */
  readonly above?: number;
  readonly integer?: boolean;
}

/** @throws TypeError if `value` is not a finite number, RangeError if it is out of the limits */
export function requireNumber(field: string, value: unknown, limits: NumberLimits = {}): number {
  const { kind, range } = numberFault(value, limits);
  if (kind !== undefined) {
    throw new TypeError(`Cannot read ${field}: expected ${kind}, got ${show(value)}`);
  }
  if (range !== undefined) {
    throw new RangeError(`Cannot read ${field}: must be ${range}, got ${value}`);
  }
  return value as number;
}

/** What is wrong with a value: it must be of another kind, or in another range. Empty if it is valid. */
export function numberFault(
  value: unknown,
  { min = -Infinity, max = Infinity, above = -Infinity, integer = false }: NumberLimits,
): { readonly kind?: string; readonly range?: string } {
  const isRightKind = integer ? Number.isSafeInteger(value) : Number.isFinite(value);
  if (typeof value !== "number" || !isRightKind) {
    return { kind: integer ? "a whole number" : "a finite number" };
  }
  if (value >= min && value <= max && value > above) return {};
  const low = above > -Infinity ? `above ${above}` : `at least ${min}`;
  if (max === Infinity) return { range: low };
  const isOpen = min === -Infinity && above === -Infinity;
  return { range: isOpen ? `at most ${max}` : `${low} and at most ${max}` };
}

/** @throws TypeError unless `value` is one of `choices` */
export function requireChoice<T extends string>(
  field: string,
  value: unknown,
  choices: readonly T[],
): T {
  if (choices.includes(value as T)) return value as T;
  const names = choices.map((choice) => `"${choice}"`), last = names.pop();
  const expected = names.length > 0 ? `${names.join(", ")} or ${last}` : last;
  throw new TypeError(`Cannot read ${field}: expected ${expected}, got ${show(value)}`);
}

/** @throws TypeError naming the field if the value is neither true nor false */
export function requireBoolean(field: string, value: unknown): boolean {
  if (typeof value === "boolean") return value;
  throw new TypeError(
    `Cannot read ${field}: expected true or false, got ${show(value)}`,
  );
}

/** A value as short text for a message; never throws. */
export function show(value: unknown): string {
  switch (typeof value) {
    case "undefined":
    case "number":
    case "symbol":
      return String(value);
    case "bigint":
      return `${value}n`;
    case "function":
      return "a function";
  }
  const text = jsonOf(value);
  // JSON shows nothing of a promise, a DataView or a Map.
  const kind = text === "{}" && value?.constructor;
  if (kind && kind !== Object) return kind.name;
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

/** JSON cannot represent cycles or bigints. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "an object";
  } catch {
    return "an object";
  }
}
