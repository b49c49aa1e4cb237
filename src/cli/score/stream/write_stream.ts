/** Scores a file while reading it, and writes CSV and a summary. */
import { decide, thresholdFor } from "../../../scoring/decisions/decide.ts";
import { writeAtomically } from "../../files/files.ts";
import { piecesOf } from "../../files/input.ts";
import { type Io, note } from "../../io.ts";
import { counted } from "../../text/text.ts";
import type { InputFormat } from "../input/input_format.ts";
import { type ScoreOptions, settingsOf } from "../options.ts";
import { scoreParts } from "./part_stream.ts";
import { scoreStream, type ScoringModel } from "./stream.ts";
import { strangestTable } from "../strangest.ts";
import { flaggedSummary, type ScoreTotals } from "../summary.ts";
import { untilAborted } from "./until_aborted.ts";

export async function writeStream(
  model: ScoringModel,
  data: string,
  { out, backend, header, online: isOnline, vote, ...given }: ScoreOptions,
  io: Io,
  format: InputFormat | undefined,
): Promise<void> {
  const { scorer } = model, settings = settingsOf(scorer, given);
  thresholdFor(scorer.calibration, settings); // refuses a rate that cannot be held
  const totals: ScoreTotals = { rows: 0, anomalies: 0, uncertain: 0 };
  if (isOnline) scorer.setFalseAlarmRate(settings.falseAlarmRate);
  const online = isOnline ? scorer.stream({ vote }) : undefined;
  const request = { model, source: data, settings, device: { backend }, header, online, io };
  const scored = format
    ? scoreStream({ ...request, pieces: piecesOf(data, io), format }, totals)
    : scoreParts(request, totals);
  const lines = untilAborted(scored, io.signal);
  if (out !== undefined) {
    await writeAtomically(out, lines);
    io.stdout(strangestTable(totals.strangest ?? []));
  } else for await (const piece of lines) io.stdout(piece);
  const { rows } = totals, { window = 0 } = scorer;
  if (rows < window) {
    return note(io, `${counted(rows, "row")} read, none scored: a window needs ${window}`);
  }
  const limits = decide(scorer.calibration, NO_SCORES, settings);
  note(io, flaggedSummary(scorer, totals, settings, limits));
}

const NO_SCORES = new Float64Array(0);
