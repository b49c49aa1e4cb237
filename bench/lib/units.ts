/** Figures as people read them: three significant digits and a unit. */

/** Three significant digits, without an exponent. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return "–";
  if (value === 0) return "0";
  const decimals = Math.max(0, 2 - Math.floor(Math.log10(Math.abs(value))));
  return value.toFixed(decimals);
}

/** A time, given in milliseconds. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return "–";
  if (ms < 1) return `${figure(1000 * ms)} µs`;
  return ms < 1000 ? `${figure(ms)} ms` : `${figure(ms / 1000)} s`;
}

/** How many times as long. */
export function times(ratio: number): string {
  return Number.isFinite(ratio) ? `${figure(ratio)} ×` : "–";
}

/** "3 rounds of 0.5 s a case". */
export function roundsText(rounds: number, seconds: number): string {
  return `${rounds} round${rounds === 1 ? "" : "s"} of ${seconds} s a case`;
}
