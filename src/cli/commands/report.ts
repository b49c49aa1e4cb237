/** `elbow report DATA`: describes a table before anything is trained on it. */
import { Command } from "npm:commander@15.1.0";
import { type ColumnReport, type DataReport, reportData } from "../../detection/data_report.ts";
import type { ColumnOverride } from "../../detection/columns/infer_schema.ts";
import { namingTable } from "../files/data.ts";
import { columnOption, requireColumns } from "../train/overrides.ts";
import { readTrainingTable } from "../train/read.ts";
import { alignColumns } from "../text/aligned.ts";
import { printWarnings } from "../text/flag_names.ts";
import { hasLevels } from "../../scoring/table/schema.ts";
import { type Io, print } from "../io.ts";
import * as options from "../options.ts";
import {
  count,
  counted,
  dataName,
  jsonLine,
  report,
  rowsOutOf,
  type Section,
  timeText,
} from "../text/text.ts";

/** Options as commander passes them. */
interface ReportOptions extends options.JsonOption, options.HeaderOption {
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
  readonly column?: readonly ColumnOverride[];
  readonly missing?: readonly string[];
  readonly maxRows?: number;
  readonly seed?: number;
}

export function reportCommand(io: Io): Command {
  return new Command("report").summary("describe a table before training")
    .description(
      "Shows columns, missing cells, constants, duplicates and tails of a table, and how many latent " +
        "dimensions it can use.",
    )
    .argument("<data>", options.tableFile())
    .option("--label <column>", "column to leave out")
    .addOption(
      options.namesOption("--columns <a,b,c>", "columns to look at (default: all but the label)"),
    )
    .addOption(options.excludeOption())
    .addOption(options.noHeaderOption())
    .addOption(columnOption())
    .addOption(options.missingOption())
    .addOption(options.maxRowsOption("describe"))
    .addOption(options.integerOption("--seed <n>", "seed of the draw (default: 0)"))
    .addOption(options.jsonOption())
    .action(async (path: string, { label, exclude = [], column, ...given }: ReportOptions) => {
      const left = label === undefined ? exclude : [...exclude, label];
      const table = await readTrainingTable(path, io, {
        ...given,
        exclude: left,
        overrides: column ?? [],
      });
      requireColumns(column ?? [], table);
      const { missing } = given;
      const result = await namingTable(
        table,
        async () => reportData(table, { schema: column, missing }),
      );
      const all = table.drawn?.rows;
      if (given.json) {
        print(io, jsonLine({ data: path, ...plain(result), ...drawnRows(result, all) }));
      } else io.stdout(`${report(sections(path, result, all))}\n${columnTable(result.columns)}`);
      printWarnings(result.warnings, io);
    });
}

/** JSON turns NaN into null by itself, but a typed array into an object. */
function plain({ spectrum, ...rest }: DataReport) {
  return { ...rest, spectrum: spectrum && { ...spectrum, eigenvalues: [...spectrum.eigenvalues] } };
}

/** The rows of the file, and those described, if they are fewer; `train` uses the same names. */
function drawnRows({ rows }: DataReport, all?: number) {
  return all === undefined ? {} : { rows: all, drawnRows: rows };
}

function sections(
  path: string,
  { rows, columns, duplicateRows, spectrum }: DataReport,
  all: number = rows,
): Section[] {
  const explained = spectrum && `${(100 * spectrum.explained).toFixed(0)} % of the variance`;
  return [{
    lines: [
      ["Data", `${dataName(path)} (${rowsOutOf(rows, all)}, ${counted(columns.length, "column")})`],
      ["Duplicate rows", count(duplicateRows)],
      [
        "Useful latent dimensions",
        spectrum && `${spectrum.activeUnits}, with ${explained} of the numeric columns`,
      ],
    ],
  }];
}

function columnTable(columns: readonly ColumnReport[]): string {
  const percent = (share: number) =>
    share === 0 ? "-" : `${Number((100 * share).toPrecision(2))} %`;
  return alignColumns(
    ["column", "kind", "missing", "distinct", "least", "median", "largest", "outlying"],
    columns.map((each) => [
      each.name,
      each.kind,
      percent(each.missing),
      count(each.distinct),
      ...[each.least, each.median, each.largest].map((value) => valueText(each, value)),
      each.outlying === 0 ? "-" : count(each.outlying),
    ]),
    2,
  );
}

/** A number to five digits, and to all before its mark. */
function valueText({ kind, least, largest }: ColumnReport, value: number): string {
  if (hasLevels(kind) || Number.isNaN(value)) return "-";
  if (kind === "timestamp") {
    const time = new Date(1000 * value), isTimeOfDay = least >= 0 && largest < 86_400;
    if (isTimeOfDay) return time.toISOString().slice(11, 19);
    return Number.isNaN(time.getTime()) ? "-" : timeText(time.toISOString());
  }
  const whole = Math.trunc(Math.abs(value)), digits = whole < 1e15 ? `${whole}`.length + 1 : 5;
  return `${Number(value.toPrecision(Math.max(5, digits)))}`;
}
