/**
 * A JSON schema in readable form: the type in TypeScript syntax, with the other rules for each member in a comment.
 * Limits: only the keywords of JSON Schema that the app's own schemas use.
 */
import type { Json } from "./openapi.ts";

/** The keywords in use. */
interface Schema extends Json {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly enum?: readonly unknown[];
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | boolean;
  readonly description?: string;
}

/** Types with another name in TypeScript. */
const NAMES: Readonly<Record<string, string>> = { integer: "number" };

/** The most characters in a line with its comment. */
const MAX_LINE = 96;

/** @param indent of the lines after the first */
export function typeText(json: Json, indent = ""): string {
  const schema = json as Schema, { type, items, properties, additionalProperties: more } = schema;
  if (schema.$ref !== undefined) return schema.$ref.split("/").at(-1)!;
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum) return union(schema.enum.map((each) => JSON.stringify(each)));
  if (properties) return membersText(schema, properties, indent);
  const several = schema.oneOf ?? schema.anyOf;
  if (several) return union(several.map((each) => typeText(each, indent)));
  if (items) {
    const of = typeText(items, indent);
    // A union that no parentheses enclose yet.
    const isLoose = of.replace(/\([^()]*\)/g, "").includes(" | ") && !of.includes("\n");
    return isLoose ? `(${of})[]` : `${of}[]`;
  }
  if (type === "object") {
    return `{ [name]: ${typeof more === "object" ? typeText(more, indent) : "unknown"} }`;
  }
  return type === undefined ? "unknown" : union([type].flat().map((each) => NAMES[each] ?? each));
}

function membersText(
  { required = [], oneOf }: Schema,
  properties: NonNullable<Schema["properties"]>,
  indent: string,
): string {
  const inner = `${indent}  `;
  const lines = Object.entries(properties).flatMap(([name, schema]) => {
    const key = `${name}${required.includes(name) ? "" : "?"}`, rules = rulesText(schema);
    const line = `${inner}${key}: ${typeText(schema, inner)}`;
    if (rules === "") return [line];
    const isLong = line.includes("\n") || line.length + rules.length > MAX_LINE;
    return isLong ? [`${inner}// ${rules}`, line] : [`${line} // ${rules}`];
  });
  const choice = oneOf?.flatMap(({ required = [] }) => required) ?? [];
  if (choice.length > 0) lines.unshift(`${inner}// either ${choice.join(" or ")}`);
  return ["{", ...lines, `${indent}}`].join("\n");
}

function union(types: readonly string[]): string {
  return [...new Set(types)].join(" | ");
}

/** Bounds this large are not shown: they come from the number format, and nobody reaches them. */
const LARGE = Number.MAX_SAFE_INTEGER;

/** The rules for a value, and its description. */
export function rulesText(json: Json): string {
  const schema = json as Schema;
  const limit = (key: string, word: string) => {
    const value = schema[key];
    return typeof value === "number" && Math.abs(value) < LARGE ? [`${word} ${value}`] : [];
  };
  const choice = (schema.oneOf ?? []).map(rulesText).join(", or ");
  const all = [
    ...(schema.type === "integer" ? ["whole"] : []),
    ...limit("minimum", "from"),
    ...limit("exclusiveMinimum", "above"),
    ...limit("maximum", "to"),
    ...limit("exclusiveMaximum", "below"),
    ...limit("minItems", "at least"),
    ...limit("maxItems", "at most"),
    ...limit("maxLength", "characters up to"),
    ...("default" in schema ? [`else ${JSON.stringify(schema.default)}`] : []),
    ...(schema.description === undefined ? [] : [schema.description]),
    schema.items ? rulesText(schema.items) : "",
    choice,
  ];
  return all.filter((text) => text !== "").join(", ");
}
