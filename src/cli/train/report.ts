/** What `elbow train` reports, as JSON and for people; nats of the standardised table. */
import type { Detector } from "../../detection/detector.ts";
import type { Table } from "../../formats/mod.ts";
import { type AlarmsPerDay, alarmsPerDay } from "../../detection/series/alarms_per_day.ts";
import { latentSize } from "../../models/spec.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { isLinear } from "../../scoring/series/is_linear.ts";
import type { FitReport } from "../../training/report.ts";
import type { VAE } from "../../training/vae.ts";
import { type Io, note } from "../io.ts";
import type { Written } from "../models/write_trained.ts";
import { type LabelFigures, labelSection } from "../evaluate/label_figures.ts";
import { count, counted, dataName, nats, rate, rowsOutOf, type Section } from "../text/text.ts";

/** A fitted detector, and the table it was fitted to. */
export interface Trained extends Written {
  readonly detector: Detector;
  readonly table: Table;
  readonly fit: FitReport;
  /** How its scores compare with the label, over all rows of the table. */
  readonly labelFigures?: LabelFigures;
  /** The share of rows left out as too anomalous. */
  readonly leftOut: number;
}

/** A model trained by its specification, and the table it was fitted to. */
export interface FittedSpec {
  readonly vae: VAE;
  readonly table: Table;
  readonly fit: FitReport;
  readonly bytes: number;
}

/** What `--json` prints. */
export function trainResult(trained: Trained, model: string) {
  const { detector, fit, labelFigures } = trained, { history, ...figures } = figuresOf(fit);
  const { falseAlarmRate, threshold, calibrationRows, device, warnings } = detector;
  return {
    ...written(trained, model),
    trainingRows: detector.trainedRows!.rows,
    calibrationRows,
    ...figures,
    latent: latentSize(detector.vae.spec),
    falseAlarmRate,
    falseAlarmsPerDay: alarmsPerDay(detector.table, falseAlarmRate),
    threshold,
    device,
    warnings,
    label: labelFigures,
    history,
  };
}

/** What `--json` prints for a model trained by its specification. */
export function specResult(fitted: FittedSpec, model: string) {
  const { vae: { spec, device }, fit } = fitted, { history, ...figures } = figuresOf(fit);
  const latent = latentSize(spec);
  return { ...written(fitted, model), ...figures, latent, spec, device, history };
}

/** What JSON says about any model's file and the table it was fitted to. */
export function written({ table, bytes }: Pick<FittedSpec, "table" | "bytes">, model: string) {
  const { source: data, rows, columns, drawn } = table;
  return { model, bytes, data, rows: drawn?.rows ?? rows, drawnRows: drawn && rows, columns };
}

/** The same about the table, for people to read. */
export function dataText({ source, rows, columns, label, drawn }: Table): string {
  const read = rowsOutOf(rows, drawn?.rows ?? rows);
  return `${dataName(source)} (${read}, ${counted(columns.length, "column")}${
    label ? ", label kept out" : ""
  })`;
}

function trainingText(detector: Detector): string {
  const { calibrationRows } = detector, { rows, of } = detector.trainedRows!;
  const rowsText = rowsOutOf(rows, of);
  const calibrationPart = calibrationRows < of ? `${count(calibrationRows)} of ` : "";
  return isLinear(detector)
    ? `${rowsText}, and calibrated on ${calibrationPart}them by fits that had not seen them`
    : `${rowsText}, and ${count(calibrationRows)} more to calibrate`;
}

/** What JSON says about a fit; `reconstruction` is ln p(x | z), as people read it. */
function figuresOf({ epoch, stoppedEarly, skippedSteps, rollbacks, ...fit }: FitReport) {
  const history = fit.history.map((means) => ({ ...means, reconstruction: -means.reconstruction }));
  const { loss, elbo, reconstruction, kl, activeUnits, validationElbo } = history[epoch - 1];
  return {
    ...{ epoch, loss, elbo, reconstruction, kl, activeUnits, validationElbo },
    ...{ stoppedEarly, skippedSteps, rollbacks, history },
  };
}

/** The same for people to read. */
export function specSections({ vae, table, fit, bytes }: FittedSpec, model: string): Section[] {
  return [
    {
      lines: [
        ["Data", dataText({ ...table, label: undefined })],
        ["Model", `${model} (${count(bytes)} bytes), a bare VAE`],
        ["Backend", deviceText(vae.device)],
        ["  because", vae.device.reason as string | undefined],
      ],
    },
    fitSection(fit, vae.spec, "row of the table"),
  ];
}

/** Reports if fewer threads ran than were asked for, or if a GPU was not used to the end. */
export function warnAboutDevice(
  { threads, reason, lost, left }: VAE["device"],
  given: { readonly threads?: number },
  io: Io,
): void {
  if (lost !== undefined) note(io, `went on without the GPU: ${lost}`);
  if (left !== undefined) note(io, `went on without the GPU, as the host is faster: ${left}`);
  if ((given.threads ?? 1) > threads) note(io, `ran on ${counted(threads, "thread")}: ${reason}`);
}

/** Reports that the rows labelled anomalous were trained on, if nothing left them out: only the label itself is. */
export function warnAboutLabelledRows(
  { labelFigures, leftOut, detector, table }: Trained,
  io: Io,
): void {
  const anomalies = labelFigures?.anomalies ?? 0, rows = counted(anomalies, "row");
  const areSome = anomalies > 0 && anomalies < table.rows;
  if (!areSome || leftOut > 0 || detector.window !== undefined) return;
  note(
    io,
    `${rows} labelled anomalous were trained on like the others: --robust leaves out the strangest rows`,
  );
}

/** The result for people to read. */
export function trainSections(trained: Trained, model: string): Section[] {
  const { detector, table, bytes, labelFigures } = trained;
  const { rows, drawn } = table, { threshold, falseAlarmRate, device } = detector;
  return [
    {
      lines: [
        ["Data", dataText(table)],
        ["Trained on", trainingText(detector)],
        ["Model", `${model} (${count(bytes)} bytes)`],
        [
          "Flags rows above",
          `${nats(threshold)} nats, at a false-alarm rate of ${rate(falseAlarmRate)}`,
        ],
        ["  on a normal day", perDayText(alarmsPerDay(detector.table, falseAlarmRate))],
        ["Backend", deviceText(device)],
        ["  because", device.reason as string | undefined],
      ],
    },
    fitSection(
      trained.fit,
      detector.vae.spec,
      detector.window !== undefined
        ? `window of ${detector.window} standardised rows`
        : `row of the ${detector.networks > 1 ? "table in its first view" : "standardised table"}`,
      detector.networks,
    ),
    ...(labelFigures
      ? [
        labelSection(
          labelFigures,
          rows,
          `${drawn ? "rows drawn" : "all rows"}, including those trained on`,
        ),
      ]
      : []),
  ];
}

function perDayText(perDay: AlarmsPerDay | undefined): string | undefined {
  if (!perDay) return undefined;
  const { steps, runs } = perDay;
  const inRuns = runs === undefined
    ? ""
    : ` by that rate, in ${shortly(runs)} runs as measured on steps that calibrate`;
  return `about ${shortly(steps)} steps flagged${inRuns}`;
}

const shortly = (value: number) => Number(value.toPrecision(2));

/** The names of the backend and its kernels, and the number of threads. */
function deviceText(
  { threads, reason: _reason, lost: _lost, left: _left, ...names }: Detector["device"],
): string {
  const words = Object.values(names).filter((value) => typeof value === "string");
  return [...words, counted(threads, "thread")].join(", ");
}

function fitSection(fit: FitReport, spec: ModelSpec, of: string, networks = 1): Section {
  const { epoch, stoppedEarly, skippedSteps, rollbacks } = fit;
  const last = fit.history[epoch - 1];
  const networkText = networks > 1
    ? ` of the first of ${networks} networks (scores use them all)`
    : "";
  const epochTitle = `Epoch ${epoch}${networkText}${
    stoppedEarly ? ", the best: stopped early" : ""
  }`;
  const troubleText = `${counted(skippedSteps, "skipped step")}, ${counted(rollbacks, "rollback")}`;
  return {
    title: `${epochTitle}; nats per ${of}`,
    lines: [
      ["Loss", nats(last.loss)],
      ["ELBO", nats(last.elbo)],
      ["  ln p(x | z)", nats(-last.reconstruction)],
      ["  KL", nats(last.kl)],
      [
        "Validation ELBO",
        last.validationElbo === undefined ? undefined : nats(last.validationElbo),
      ],
      ["Active units", `${last.activeUnits} of ${latentSize(spec)}`],
      ["Trouble", skippedSteps + rollbacks > 0 ? troubleText : undefined],
    ],
  };
}
