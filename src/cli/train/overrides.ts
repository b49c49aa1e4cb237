/** Column overrides: `--column NAME=KIND[:LEVEL|LEVEL…]` or `NAME=KIND:FORMAT`, once per column, or `--schema FILE`. */
import { InvalidArgumentError, Option } from "npm:commander@15.1.0";
import { type ColumnOverride, parseOverrides } from "../../detection/columns/infer_schema.ts";
import { COLUMN_KINDS, type ColumnKind, formatsOf, hasLevels } from "../../scoring/table/schema.ts";
import { listNames } from "../../formats/errors.ts";
import type { Table } from "../../formats/mod.ts";
import { readWhole } from "../files/files.ts";

export function columnOption(): Option {
  return new Option(
    "--column <name=kind>",
    "the kind of a column, such as zip=categorical or when=timestamp:dmy (repeatable)",
  )
    .argParser((text: string, before: readonly ColumnOverride[] = []) => [...before, parse(text)]);
}

function parse(text: string): ColumnOverride {
  // Matched from the end, because a name may contain anything.
  const [, name, kind, suffix] = /^(.+)=([a-z]+)(?::(.*))?$/s.exec(text) ?? [];
  if (!COLUMN_KINDS.includes(kind as ColumnKind)) {
    throw new InvalidArgumentError(
      `It must be NAME=KIND, where KIND is one of ${COLUMN_KINDS.join(", ")}`,
    );
  }
  const given = { name, kind: kind as ColumnKind };
  if (suffix === undefined) return given;
  if (hasLevels(given.kind)) return { ...given, levels: suffix.split("|") };
  // 1,234.50% needs no quotes in a shell.
  const format = formatsOf(given.kind).find((each) =>
    each.replace(" ", "") === suffix.replace(" ", "")
  );
  if (format) return { ...given, format };
  throw new InvalidArgumentError(
    `A ${kind} column has no levels, and its format is ${formatsOf(given.kind).join(" or ")}`,
  );
}

/** Overrides of columns. */
export interface Overrides {
  /** From the file, which may be for a wider table. */
  readonly fromFile: readonly ColumnOverride[];
  /** From `--column`, for this table. */
  readonly fromFlags: readonly ColumnOverride[];
}

/** @throws TypeError for a `--column` that the table does not have */
export function requireColumns(
  flags: readonly ColumnOverride[],
  { columns, source }: Pick<Table, "columns" | "source">,
): void {
  const unknown = flags.find(({ name }) => !columns.includes(name));
  if (unknown === undefined) return;
  throw new TypeError(
    `Cannot use --column ${unknown.name}: ${source} has no such column, only ${listNames(columns)}`,
  );
}

/** All overrides for the columns of a table; `--column` overrides the file. @throws as `requireColumns` */
export function overridesOf(
  { fromFile, fromFlags }: Overrides,
  table: Pick<Table, "columns" | "source">,
): readonly ColumnOverride[] {
  requireColumns(fromFlags, table);
  const { columns } = table;
  return [...fromFile.filter(({ name }) => columns.includes(name)), ...fromFlags];
}

/** @throws SyntaxError, TypeError or RangeError naming the file, if it is not a schema */
export async function readOverrides(
  { schema: path, column = [] }: {
    readonly schema?: string;
    readonly column?: readonly ColumnOverride[];
  },
): Promise<Overrides> {
  if (path === undefined) return { fromFile: [], fromFlags: column };
  const text = new TextDecoder().decode(await readWhole(path));
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new SyntaxError(
      `Cannot read ${path}: expected JSON: [{ name, kind, levels?, format?, missing? }, …]`,
      {
        cause,
      },
    );
  }
  const names = new Set(column.map(({ name }) => name));
  const fromFile = parseOverrides(path, value).filter(({ name }) => !names.has(name));
  return { fromFile, fromFlags: column };
}
