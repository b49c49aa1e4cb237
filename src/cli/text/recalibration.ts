/** What a new calibration changes, and the warning if the model would have flagged too many of its rows. */
import type { Recalibration } from "../../detection/recalibrate.ts";
import { type Io, note } from "../io.ts";
import { count, counted, nats, rate } from "./text.ts";

/** A probability below this is reported. */
const UNLIKELY = 0.001;

/** Warns if the model would have flagged more of the rows than chance explains. */
export function warnOfUnlikely({ chance, flaggedBefore }: Recalibration, io: Io): void {
  if (chance === undefined || chance >= UNLIKELY) return;
  note(
    io,
    `the model flagged ${
      count(flaggedBefore)
    } of these rows: either normal has changed, or they are not all normal`,
  );
}

/** The effect of a new calibration. */
export function changeLines(
  { scored, thresholds: [before, now], falseAlarmRate, flaggedBefore, chance }: Recalibration,
): [string, string][] {
  return [
    ["Flags rows above", `${nats(now)} nats (was ${nats(before)})`],
    ["False-alarm rate", rate(falseAlarmRate)],
    [
      "Flagged before",
      `${count(flaggedBefore)} of ${counted(scored, "row")}${likelihood(chance)}`,
    ],
  ];
}

function likelihood(chance: number | undefined): string {
  if (chance === undefined) return "";
  const probability = chance === 0 ? "below 1e-300" : chance.toPrecision(2);
  return `; probability of as many by chance: ${probability}`;
}
