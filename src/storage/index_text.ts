/**
 * Serialises a store's index as text, and parses it. Parsed text is checked, because a digest becomes a file name.
 * Unknown keys are ignored, so that an old and a later release can share a store; another format is refused.
 */
import { faultOf } from "../core/errors.ts";
import { type Fields, requireNumber, show } from "../core/validate.ts";
import {
  type Alias,
  isModelName,
  type ModelEntry,
  type ModelIndex,
  type ModelVersion,
} from "./model_store.ts";

const FORMAT = 1;

/** The index as JSON. */
export function indexText({ models, aliases }: ModelIndex): string {
  const value = {
    format: FORMAT,
    models: Array.from(models, ([name, entry]) => ({ name, ...entry })),
    aliases: Array.from(aliases, ([alias, of]) => ({ alias, ...of })),
  };
  return `${JSON.stringify(value)}\n`;
}

/** @throws SyntaxError for text that is not an index */
export function parseIndex(text: string): ModelIndex {
  try {
    const { format, models, aliases } = fieldsOf(JSON.parse(text));
    if (format !== FORMAT) {
      throw new TypeError(
        `Cannot read format: must be ${FORMAT}, got ${show(format)}`,
      );
    }
    return {
      models: new Map(listOf(models).map(readEntry)),
      aliases: new Map(listOf(aliases).map(readAlias)),
    };
  } catch (cause) {
    throw new SyntaxError(`Cannot read the index of models: ${faultOf(cause as Error)}`, { cause });
  }
}

function readEntry(value: unknown): [string, ModelEntry] {
  const { name, last, versions } = fieldsOf(value);
  return [requireName(name), {
    last: requireNumber("last", last, { min: 0, integer: true }),
    versions: listOf(versions).map(readVersion),
  }];
}

function readVersion(value: unknown): ModelVersion {
  const { version, digest, bytes, created, job } = fieldsOf(value);
  return {
    version: requireNumber("version", version, { min: 1, integer: true }),
    digest: requireDigest(digest),
    bytes: requireNumber("bytes", bytes, { min: 0, integer: true }),
    created: String(created),
    ...(job !== undefined && { job: String(job) }),
  };
}

function readAlias(value: unknown): [string, Alias] {
  const { alias, model, version } = fieldsOf(value);
  const number = version === undefined
    ? {}
    : { version: requireNumber("version", version, { min: 1, integer: true }) };
  return [requireName(alias), { model: requireName(model), ...number }];
}

function fieldsOf(value: unknown): Fields {
  if (typeof value === "object" && value !== null) return value as Fields;
  throw new TypeError("Cannot read index: expected objects of models, versions and aliases");
}

function listOf(value: unknown): readonly unknown[] {
  if (Array.isArray(value)) return value;
  throw new TypeError("Cannot read index: expected lists of models and aliases");
}

function requireName(value: unknown): string {
  if (typeof value === "string" && isModelName(value)) return value;
  throw new TypeError("Cannot read index: expected valid names of models");
}

/** A digest becomes a file name, so it may hold only hexadecimal digits. */
export function requireDigest(value: unknown): string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
  throw new TypeError("Cannot read index: expected digests of 64 hexadecimal digits");
}
