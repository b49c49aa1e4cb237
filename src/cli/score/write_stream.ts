/** Scores a file while reading it, and writes CSV and a summary. */
import { decide, thresholdFor } from "../../scoring/decisions/decide.ts";
import { writeAtomically } from "../files/files.ts";
import { piecesOf } from "../files/input.ts";
import type { Io } from "../io.ts";
import { count, counted, rate } from "../text/text.ts";
import { caution } from "./caution.ts";
import type { InputFormat } from "./input_format.ts";
import { manyFlagged, manyFlaggedSteps } from "./many_flagged.ts";
import { explainOptions, type ScoreOptions } from "./options.ts";
import { scoreStream, type ScoringModel } from "./stream.ts";
import { untilAborted } from "./until_aborted.ts";

export async function writeStream(
  model: ScoringModel,
  data: string,
  { out, backend, online: isOnline, vote, ...given }: ScoreOptions,
  io: Io,
  format: InputFormat,
): Promise<void> {
  const { scorer } = model;
  const { falseAlarmRate = scorer.falseAlarmRate, tail, minConfidence } = given;
  const { secondLook } = given;
  const settings = {
    falseAlarmRate,
    tail,
    minConfidence,
    secondLook,
    explain: explainOptions(given),
  };
  thresholdFor(scorer.calibration, settings); // refuses a rate that cannot be held
  const totals = { rows: 0, anomalies: 0, uncertain: 0 };
  const pieces = piecesOf(data, io), device = { backend };
  if (isOnline) scorer.setFalseAlarmRate(falseAlarmRate);
  const online = isOnline ? scorer.stream({ vote }) : undefined;
  const request = { model, source: data, pieces, settings, device, format, online, io };
  const lines = untilAborted(scoreStream(request, totals), io.signal);
  if (out !== undefined) await writeAtomically(out, lines);
  else for await (const piece of lines) io.stdout(piece);
  const { rows, anomalies, uncertain } = totals;
  const withheld = minConfidence === undefined ? "" : `, ${count(uncertain)} left uncertain`;
  const { window = 0 } = scorer;
  if (rows < window) {
    io.stderr(`elbow: ${counted(rows, "row")} read, none scored: a window needs ${window}\n`);
    return;
  }
  const many = isOnline
    ? manyFlaggedSteps(anomalies, rows)
    : manyFlagged(anomalies, rows, falseAlarmRate);
  const at = rate(falseAlarmRate);
  const flagged = `${counted(anomalies, "row")} flagged at a false-alarm rate of ${at}`;
  const cautions = caution(
    scorer.calibration,
    decide(scorer.calibration, NO_SCORES, settings),
    settings,
    isOnline === true,
  );
  io.stderr(`elbow: ${counted(rows, "row")} scored, ${flagged}${withheld}${cautions}${many}\n`);
}

const NO_SCORES = new Float64Array(0);
