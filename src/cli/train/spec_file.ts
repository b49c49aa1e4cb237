/** The model of `elbow train --spec`: a JSON file, or the JSON itself. */
import { faultOf } from "../../core/errors.ts";
import { readWhole } from "../files/files.ts";
import type { TrainOptions } from "./option.ts";

/** The options of `elbow train` with a specification. */
export interface SpecOptions extends TrainOptions {
  readonly out: string;
  readonly spec: string;
}

/** @throws TypeError or SyntaxError naming the file */
export async function readSpec(spec: string): Promise<Readonly<Record<string, unknown>>> {
  const name = nameOf(spec), given = isInline(spec) ? spec : await readWhole(spec);
  let value: unknown;
  try {
    value = JSON.parse(
      typeof given === "string" ? given : new TextDecoder("utf-8", { fatal: true }).decode(given),
    );
  } catch (error) {
    const reason = error instanceof SyntaxError ? error.message : "it is not UTF-8";
    throw new SyntaxError(`Cannot read ${name}: expected JSON: ${reason}`, { cause: error });
  }
  if (typeof value === "object" && value !== null && !Array.isArray(value)) {
    return value as Readonly<Record<string, unknown>>;
  }
  throw new TypeError(`Cannot read ${name}: expected a model specification, a JSON object`);
}

/** Errors about "spec" then name the file. */
export function namingSpec<Value>(spec: string, read: () => Value): Value {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    const Same = error instanceof RangeError ? RangeError : TypeError;
    const fault = faultOf(error).replace(/^spec: /, "");
    throw new Same(`Cannot read ${nameOf(spec)}: ${fault}`, { cause: error });
  }
}

function isInline(spec: string): boolean {
  return /^\s*\{/.test(spec);
}

function nameOf(spec: string): string {
  return isInline(spec) ? "--spec" : spec;
}
