/** Options that several commands share, and how their text is parsed. */
import { type Command, InvalidArgumentError, Option } from "npm:commander@15.1.0";
import { numberFault, type NumberLimits } from "../core/validate.ts";
import { parseNumber } from "../formats/text/cells.ts";
import { BACKENDS } from "../detection/options.ts";
import { RATE } from "../scoring/decisions/rates.ts";
import { FILE_FORMATS } from "../trained/file/quantize.ts";
import type { BackendChoice } from "../backends/open.ts";

/** The option of every command that prints a result. */
export interface JsonOption {
  readonly json?: boolean;
}

/** The option of every command that reads a table. */
export interface HeaderOption {
  /** Whether CSV starts with a header line. */
  readonly header?: boolean;
}

/** The option of every command that runs a model. */
export interface BackendOption {
  readonly backend?: BackendChoice;
}

/** The argument of every command that takes a model. */
export const MODEL_FILE = "file written by elbow train";

/** The argument of every command that takes a table. @param what it holds */
export function tableFile(what = "table"): string {
  return `${what}: .csv .tsv .parquet .npy .npz .jsonl .json, or - for standard input`;
}

/** An option that takes a number. */
export function numberOption(flags: string, text: string, limits: NumberLimits): Option {
  const option = new Option(flags, text);
  return option.argParser((value) => {
    // What follows an option whose value may be absent is taken for its value.
    const isOther = option.optional && Number.isNaN(parseNumber(value)) && !/^\d/.test(value);
    if (!isOther) return toNumber(value, limits);
    throw new InvalidArgumentError(`It must be a number: write ${option.long} after the files`);
  });
}

/** An option that takes a whole number. */
export function integerOption(flags: string, text: string, limits: NumberLimits = {}): Option {
  return numberOption(flags, text, { ...limits, integer: true });
}

/** An option that takes a list of whole numbers, each at least 1. */
export function integersOption(flags: string, text: string): Option {
  return new Option(flags, text).argParser((value) =>
    value.split(",").map((part) => toNumber(part, { min: 1, max: 1e6, integer: true }))
  );
}

/** An option that takes a list of names. */
export function namesOption(flags: string, text: string): Option {
  return new Option(flags, text).argParser((value) => {
    const names = value.split(",").map((name) => name.trim());
    if (names.every((name) => name.length > 0)) return names;
    throw new InvalidArgumentError("It must be names separated by single commas");
  });
}

/** Columns to leave out of a table. */
export function excludeOption(): Option {
  return namesOption("--exclude <a,b,c>", "columns to leave out, such as identifiers and clocks");
}

/** Cells that are empty although they hold something. */
export function missingOption(): Option {
  return namesOption(
    "--missing <a,b,c>",
    "cells that stand for missing values, such as unknown or -999; the model keeps them",
  );
}

/** For CSV without a header line. */
export function noHeaderOption(): Option {
  return new Option(
    "--no-header",
    "the first line of CSV is a row; its columns are called x0, x1, …",
  );
}

/** The most rows to take of a long table. @param does what the command does with them, such as "train on" */
export function maxRowsOption(does: string, more = ""): Option {
  const most = "(default: 1000000, or 2^26 cells)";
  return integerOption(
    "--max-rows <n>",
    `${does} at most this many rows, drawn by the seed${more} ${most}`,
    { min: 1 },
  );
}

/** The share of normal rows that may be flagged. */
export function falseAlarmRateOption(text: string): Option {
  return numberOption("--false-alarm-rate <share>", text, RATE);
}

/** The format in which a model file stores its weights. */
export function weightsFormatOption(text: string): Option {
  return new Option("--weights-format <name>", text).choices(FILE_FORMATS);
}

/** The backend that runs the model. */
export function backendOption(): Option {
  return new Option(
    "--backend <name>",
    "what runs the model; webgpu trains it, or runs the batches of a bare VAE, on a GPU",
  )
    .choices(BACKENDS).default("auto");
}

/** One JSON object instead of text. */
export function jsonOption(): Option {
  return new Option("--json", "print one JSON object on standard output");
}

/** The value of a required option. */
export function required<Value>(value: Value | undefined, flags: string, command: Command): Value {
  return value ?? command.error(`error: required option '${flags}' not specified`);
}

function toNumber(text: string, limits: NumberLimits): number {
  const value = parseNumber(text), { kind, range } = numberFault(value, limits);
  const expected = kind ?? range;
  if (expected === undefined) return value;
  throw new InvalidArgumentError(`It must be ${expected}${hintFor(text, limits)}`);
}

/** What the user may have meant by text that is not a valid number. */
function hintFor(text: string, { max = Infinity }: NumberLimits): string {
  const percent = parseNumber(text.replace(/%\s*$/, "")) / 100;
  const intended = text.trimEnd().endsWith("%") && percent <= max && max <= 1
    ? percent
    : parseNumber(text.replace(",", "."));
  return Number.isNaN(intended) || !Number.isNaN(parseNumber(text))
    ? ""
    : `: write ${intended} for ${text}`;
}
