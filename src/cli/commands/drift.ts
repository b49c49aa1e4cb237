/** `elbow drift MODEL DATA`: whether a table still resembles the rows that the model was trained on. */
import { Command } from "npm:commander@15.1.0";
import type { ColumnDrift } from "../../detection/drift/column_drift.ts";
import type { DriftOptions, DriftReport } from "../../detection/drift/drift_report.ts";
import { type ColumnSchema, nearestLevel } from "../../scoring/table/schema.ts";
import { alignColumns } from "../text/aligned.ts";
import { partsFor, readDataFor } from "../files/data.ts";
import { columnsOfSteps, layOut, stepsInOrder } from "../files/steps.ts";
import { type Io, note, print } from "../io.ts";
import { loadDetector } from "../models/loaded_detector.ts";
import * as options from "../options.ts";
import { count, counted, dataName, jsonLine, report, type Section } from "../text/text.ts";

/** Options as commander passes them. */
interface DriftCommandOptions extends options.JsonOption, options.HeaderOption, DriftOptions {}

export function driftCommand(io: Io): Command {
  return new Command("drift").summary("check whether rows are still like those trained on")
    .description(
      "Compares each column and the scores with those of the training rows, and follows the scores row " +
        "by row. If nothing has changed, a share --rate of tables still gives a false alarm. Row by row, a " +
        "false alarm comes at most once in --run-length rows on average, so a long table may raise one. " +
        "Steps of a series depend on each other, and count for as few as tell as much. Both rates are then " +
        "approximate, and need steps that last several times as long as the slowest change among them.",
    )
    .argument("<model>", options.MODEL_FILE)
    .argument("<data>", options.tableFile())
    .addOption(
      options.numberOption(
        "--rate <share>",
        "share of unchanged tables that may be called changed (default: 0.01)",
        {
          above: 0,
          max: 0.5,
        },
      ),
    )
    .addOption(
      options.integerOption(
        "--run-length <rows>",
        "average rows between two false alarms (default: 10000)",
        {
          min: 1,
        },
      ),
    )
    .addOption(options.noHeaderOption())
    .addOption(options.maxRowsOption("take medians of"))
    .addOption(
      options.integerOption("--seed <n>", "seed for breaking ties, and of that draw (default: 0)"),
    )
    .addOption(options.jsonOption())
    .action((path: string, data: string, given: DriftCommandOptions) =>
      drift(path, data, given, io)
    );
}

async function drift(
  path: string,
  data: string,
  { json, header, ...settings }: DriftCommandOptions,
  io: Io,
): Promise<void> {
  using model = await loadDetector(path);
  const { scorer } = model, test = scorer.driftTest(settings);
  const also = columnsOfSteps(scorer);
  if (also.length > 0) {
    // Where its steps are is known when all are read.
    const read = await readDataFor(model, data, io, { header, also });
    const { cells, order } = stepsInOrder(await layOut(scorer, read, io));
    test.add(cells, order);
  } else for await (const part of partsFor(model, data, io, { header })) test.add(part);
  const result = test.report(), { rows, drawnRows } = result;
  if (json) print(io, jsonLine({ model: path, data, ...result }));
  else io.stdout(`${report(sections(path, data, result))}\n${tests(result, scorer.schema)}`);
  if (drawnRows !== undefined) {
    note(io, `medians are those of ${drawnRows} of ${rows} rows, a random sample (--max-rows)`);
  }
  warnOfFewSteps(result, io);
  if (result.columns.length === 0) {
    note(io, "the model file is too old to compare columns");
  }
}

/** Fewer independent steps show only large changes. */
const FEW_STEPS = 20;

/** Reports that the steps of a series hang together for so long that they tell little. */
function warnOfFewSteps({ rows, columns, scores }: DriftReport, io: Io): void {
  const slowest = [...columns, { ...scores, name: "the scores" }]
    .reduce((a, b) => (b.stepsAsOne ?? 0) > (a.stepsAsOne ?? 0) ? b : a);
  const worth = Math.floor(rows / (slowest.stepsAsOne ?? 1));
  if (worth >= FEW_STEPS || slowest.stepsAsOne === undefined) return;
  note(
    io,
    `${counted(rows, "step")} tell as much about ${slowest.name} as ${
      counted(worth, "independent one")
    }: only large changes would show`,
  );
}

function sections(model: string, data: string, result: DriftReport): Section[] {
  const { rows, changed, columns, scores, tablesBetweenFalseAlarms, stream } = result;
  const changedNames = columns.filter((each) => each.changed).map(({ name }) => name);
  if (scores.changed) changedNames.push("the scores");
  const isSeries = scores.stepsAsOne !== undefined;
  const what = changedNames.length > 0 ? `: ${changedNames.slice(0, 5).join(", ")}` : "";
  const more = changedNames.length > 5 ? ` and ${changedNames.length - 5} more` : "";
  const alarm = stream.alarmAt === undefined
    ? `quiet: R reached ${Number(stream.largest.toPrecision(3))} of ${count(stream.runLength)}`
    : `alarm at row ${count(stream.alarmAt)}`;
  return [{
    lines: [
      ["Model", model],
      ["Data", `${dataName(data)} (${counted(rows, "row")})`],
      ["Changed", changed ? `yes${what}${more}` : "no"],
      [
        "  a false alarm",
        isSeries
          ? `about once in ${count(tablesBetweenFalseAlarms)} such stretches`
          : `once in ${count(tablesBetweenFalseAlarms)} such tables, at most`,
      ],
      ["Scores row by row", alarm],
      [
        "  a false alarm",
        `${isSeries ? "about " : ""}once in ${count(stream.runLength)} rows, at most`,
      ],
    ],
  }];
}

/** The scores and every column, least likely first. */
function tests({ columns, scores }: DriftReport, schema: readonly ColumnSchema[]): string {
  const byName = new Map(schema.map((column) => [column.name, column]));
  const number = (value: number) => Number.isNaN(value) ? "-" : `${Number(value.toPrecision(5))}`;
  const share = (value: number) => value === 0 ? "-" : `${Number((100 * value).toPrecision(2))} %`;
  const isSeries = scores.stepsAsOne !== undefined;
  const asOne = ({ stepsAsOne }: Pick<ColumnDrift, "stepsAsOne">) =>
    !isSeries ? [] : [stepsAsOne?.toFixed(stepsAsOne < 10 ? 1 : 0) ?? "-"];
  const line = (
    { name, distance, pValue, changed, medians }: Omit<ColumnDrift, "missing" | "clock">,
  ) => [
    name,
    changed ? "changed" : "",
    distance.toFixed(3),
    pValue < 1e-4 ? pValue.toExponential(1) : pValue.toFixed(4),
    ...medians.map(number),
  ];
  const medianTexts = ({ name, medians }: ColumnDrift): string[] => {
    const { kind, levels } = byName.get(name)!;
    if (!levels) return medians.map(number);
    // Categories have no order, and so no median.
    return medians.map((code) => kind === "categorical" ? "-" : nearestLevel(levels, code) ?? "-");
  };
  const ordered = [...columns].sort((a, b) => a.pValue - b.pValue);
  return alignColumns(
    [
      ...["column", "", "distance", "p", "median before", "now", "missing before", "now"],
      ...(isSeries ? ["steps as one"] : []),
    ],
    [
      [...line({ ...scores, name: "(score)" }), "-", "-", ...asOne(scores)],
      ...ordered.map((each) => {
        const [name, verdict, distance, ...rest] = line(each);
        // Times have no distance, and no median that a person could read.
        const ends = [...each.missing.map(share), ...asOne(each)];
        return each.clock
          ? [name, verdict || "a clock", "-", rest[0], "-", "-", ...ends]
          : [name, verdict, distance, rest[0], ...medianTexts(each), ...ends];
      }),
    ],
    2,
  );
}
