/** Scores a file while reading it, and writes CSV and a summary. */
import { decide, thresholdFor } from "../../../scoring/decisions/decide.ts";
import { writeAtomically } from "../../files/files.ts";
import { inputPieces } from "../../files/input.ts";
import { type Io, note } from "../../io.ts";
import { type ReadingProgress, readingProgress } from "../../text/progress.ts";
import { counted } from "../../text/text.ts";
import type { InputFormat } from "../input/input_format.ts";
import { type ScoreFlags, settingsOf } from "../options.ts";
import { scoreParts } from "./part_stream.ts";
import { scoreStream, type ScoringModel } from "./stream.ts";
import { OnlineSeries } from "./online_series.ts";
import { strangestTable } from "../strangest.ts";
import { flaggedSummary, type ScoreTotals } from "../summary.ts";
import { untilAborted } from "../../files/until_aborted.ts";

export async function writeStream(
  model: ScoringModel,
  data: string,
  { out, backend, header, online: isOnline, vote, maxSeries, ...given }: ScoreFlags,
  io: Io,
  format: InputFormat | undefined,
): Promise<void> {
  const { scorer } = model, settings = settingsOf(scorer, given);
  thresholdFor(scorer.calibration, settings); // refuses a rate that cannot be held
  const totals: ScoreTotals = { rows: 0, anomalies: 0, uncertain: 0 };
  if (isOnline) scorer.setFalseAlarmRate(settings.falseAlarmRate);
  const online = isOnline ? new OnlineSeries(scorer, { vote, maxSeries }, io) : undefined;
  // Rows on standard output show by themselves how far it is.
  const progress = out === undefined
    ? undefined
    : await readingProgress(data, io, { doing: "scoring" });
  const onBytes = progress?.onBytes;
  const request = { model, source: data, settings, device: { backend }, header, online, io };
  const scored = format
    ? scoreStream({ ...request, pieces: inputPieces(data, io, onBytes), format }, totals)
    : scoreParts({ ...request, onBytes }, totals);
  const lines = untilAborted(withProgress(scored, totals, progress), io.signal);
  if (out !== undefined) {
    await writeAtomically(out, lines);
    io.stdout(strangestTable(totals.strangest ?? []));
  } else for await (const piece of lines) io.stdout(piece);
  const { rows } = totals, { window = 0 } = scorer;
  if (online?.scored === 0) {
    const needs = `${window}${scorer.table.by === undefined ? "" : " of one series"}`;
    return note(io, `${counted(rows, "row")} read, none scored: a window needs ${needs}`);
  }
  const limits = decide(scorer.calibration, NO_SCORES, settings);
  const scoredRows = { ...totals, rows: online?.scored ?? rows };
  note(io, flaggedSummary(scorer, scoredRows, settings, limits));
}

/** Shows the rows so far after each piece. */
async function* withProgress(
  pieces: AsyncIterable<Uint8Array>,
  totals: ScoreTotals,
  progress: ReadingProgress | undefined,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const piece of pieces) {
      yield piece;
      progress?.onRows(totals.rows);
    }
  } finally {
    progress?.end();
  }
}

const NO_SCORES = new Float64Array(0);
