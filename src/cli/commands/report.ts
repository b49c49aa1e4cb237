/** `elbow report DATA`: describes a table before anything is trained on it. */
import { Command } from "npm:commander@15.1.0";
import { type ColumnReport, type DataReport, reportData } from "../../detection/data_report.ts";
import { inferSchema } from "../../detection/infer_schema.ts";
import { textSentences } from "../../detection/text_facts.ts";
import { namingTable, readData } from "../files/data.ts";
import { aligned } from "../text/aligned.ts";
import { sayWarnings } from "../text/in_flags.ts";
import { type Io, print } from "../io.ts";
import * as options from "../options.ts";
import { count, counted, jsonLine, report, type Section } from "../text/text.ts";

/** Options as commander passes them. */
export interface ReportOptions extends options.JsonOption {
  readonly label?: string;
  readonly columns?: readonly string[];
  readonly exclude?: readonly string[];
}

export function reportCommand(io: Io): Command {
  return new Command("report").summary("describe a table before training")
    .description(
      "Shows columns, missing cells, constants, duplicates and tails of a table, and how many latent\n" +
        "dimensions it can use.",
    )
    .argument("<data>", "table: .csv .tsv .parquet .npy .npz .jsonl, or - for standard input")
    .option("--label <column>", "column to leave out")
    .addOption(
      options.namesOption("--columns <a,b,c>", "columns to look at (default: all but the label)"),
    )
    .addOption(options.excludeOption())
    .addOption(options.jsonOption())
    .action(async (path: string, { json, label, columns, exclude = [] }: ReportOptions) => {
      const left = label === undefined ? exclude : [...exclude, label];
      const table = await readData(path, io, { columns, exclude: left, cells: "any" });
      const { schema, cells } = await namingTable(table, async () => inferSchema(table));
      const result = reportData(cells, schema, table);
      if (json) print(io, jsonLine({ data: path, ...plain(result) }));
      else io.stdout(`${report(sections(path, result))}\n${columnTable(result.columns)}`);
      sayWarnings([...textSentences(table, schema), ...result.warnings], io);
    });
}

/** JSON turns NaN into null by itself, but a typed array into an object. */
function plain({ spectrum, ...rest }: DataReport) {
  return { ...rest, spectrum: spectrum && { ...spectrum, eigenvalues: [...spectrum.eigenvalues] } };
}

function sections(path: string, { rows, columns, duplicateRows, spectrum }: DataReport): Section[] {
  const explained = spectrum && `${(100 * spectrum.explained).toFixed(0)} % of the variance`;
  return [{
    lines: [
      ["Data", `${path} (${counted(rows, "row")}, ${counted(columns.length, "column")})`],
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
  const number = (value: number) => Number.isNaN(value) ? "-" : `${Number(value.toPrecision(5))}`;
  return aligned(
    ["column", "kind", "missing", "distinct", "least", "median", "largest", "outlying"],
    columns.map((each) => [
      each.name,
      each.kind,
      percent(each.missing),
      count(each.distinct),
      ...(isNumeric(each) ? [each.least, each.median, each.largest].map(number) : ["-", "-", "-"]),
      each.outlying === 0 ? "-" : count(each.outlying),
    ]),
    2,
  );
}

function isNumeric({ kind }: ColumnReport): boolean {
  return kind === "numeric" || kind === "positive" || kind === "count";
}
