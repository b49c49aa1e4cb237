/** Rows of numbers as the commands write them: CSV to standard output or to a file, or JSON. */
import type { Command } from "npm:commander@15.1.0";
import { requireEnding, requireWritablePath, writeAtomically } from "./files.ts";
import { type Io, print } from "../io.ts";
import { csvLine, gathered, jsonLine } from "../text/text.ts";

/** A matrix with column names, ready to be written. */
export interface RowsOutput {
  readonly columns: readonly string[];
  readonly rows: number;
  /** The cells of one row. */
  row(index: number): readonly (string | number)[];
  /** Other members of the JSON object, before the rows. */
  readonly fields: Readonly<Record<string, unknown>>;
  /** The rows in JSON, by name: by default all cells under "values". */
  readonly lists?: Readonly<Record<string, (index: number) => readonly (string | number)[]>>;
}

/** Where rows are written to. */
export interface RowsDestination {
  readonly out?: string;
  readonly json?: boolean;
}

/** Adds --out to a command that writes rows. "-" is standard output, to which they go without it. */
export function addRowsOut(command: Command, text: string): Command {
  return command.option("--out <file>", text).hook("preAction", (_, given) => {
    if (given.getOptionValue("out") === "-") given.setOptionValue("out", undefined);
  });
}

/**
 * Checks the destination of rows before they are made.
 * @param inputs files that are read
 * @param pictures other extensions that the command can write
 * @throws TypeError if the extension is for another format, or as `requireWritablePath`
 */
export async function requireRowsPath(
  { out }: RowsDestination,
  inputs: readonly string[],
  pictures: readonly string[] = [],
): Promise<void> {
  if (out === undefined) return;
  requireEnding(out, [".csv", ...pictures]);
  await requireWritablePath(out, inputs);
}

export async function writeRows(
  output: RowsOutput,
  { out, json }: RowsDestination,
  io: Io,
): Promise<void> {
  if (out !== undefined) await writeAtomically(out, gathered(csvOf(output)), io);
  if (json) print(io, jsonOf(output, out));
  else if (out === undefined) print(io, csvOf(output));
}

function* csvOf({ columns, rows, row }: RowsOutput): Generator<string> {
  yield csvLine(columns);
  for (let index = 0; index < rows; index++) yield csvLine(row(index));
}

function jsonOf(output: RowsOutput, out?: string): Generator<string> {
  const { columns, rows, fields, lists = { values: output.row } } = output;
  const iterables = Object.entries(lists).map(([name, row]) =>
    [name, {
      *[Symbol.iterator]() {
        for (let index = 0; index < rows; index++) yield row(index);
      },
    }] as const
  );
  return jsonLine({ ...fields, rows, columns, out }, Object.fromEntries(iterables));
}
