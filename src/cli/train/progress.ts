/**
 * How training is going, on standard error: one line redrawn in place on a terminal, plain lines
 * every few seconds elsewhere.
 */
import type { EpochReport } from "../../training/report.ts";
import type { Io } from "../io.ts";
import { count, nats } from "../text/text.ts";

const REDRAW_MS = 100;
const LINE_MS = 5000;
const BAR_CHARACTERS = 20;

/** Shows one run. */
export interface Progress {
  update(report: EpochReport): void;
  /** The same of any run of so many epochs, in words. */
  show(epoch: number, epochs: number, line: string): void;
  /** Leaves the cursor at the start of an empty line, however the run ended. */
  end(): void;
}

/** @param quiet says nothing where lines cannot be redrawn */
export function createProgress(io: Io, quiet = false): Progress {
  const { isTerminal } = io;
  if (quiet && !isTerminal) return { update() {}, show() {}, end() {} };
  let last = -Infinity, drawn = false;
  const show = (epoch: number, epochs: number, line: () => string) => {
    const now = performance.now();
    if (epoch < epochs && now - last < (isTerminal ? REDRAW_MS : LINE_MS)) return;
    last = now;
    if (!isTerminal) return io.stderr(`${line()}\n`);
    io.stderr(`\r\x1b[K${drawnLine(epoch / epochs, line(), io.columns)}`);
    drawn = true;
  };
  return {
    update: (report) => show(report.epoch, report.epochs, () => progressLine(report)),
    show: (epoch, epochs, line) =>
      show(epoch, epochs, () => `${epochText(epoch, epochs)}  ${line}`),
    end() {
      if (drawn) io.stderr("\n");
      drawn = false;
    },
  };
}

/** One epoch in one line. */
function progressLine(report: EpochReport): string {
  const { epoch, epochs, elbo, kl, activeUnits, validationElbo, skippedSteps } = report;
  return [
    epochText(epoch, epochs),
    `ELBO ${nats(elbo)}`,
    `KL ${nats(kl)}`,
    ...(validationElbo === undefined ? [] : [`validation ELBO ${nats(validationElbo)}`]),
    `active units ${activeUnits}`,
    ...(skippedSteps === 0 ? [] : [`skipped steps ${skippedSteps}`]),
    `${count(Math.round(report.rowsPerSecond))} rows/s`,
    `${duration(report.secondsLeft)} left`,
  ].join("  ");
}

function epochText(epoch: number, epochs: number): string {
  return `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
}

/** The same behind a bar, cut to the terminal: a line that wraps cannot be redrawn. */
function drawnLine(share: number, line: string, columns: number): string {
  const done = Math.round(BAR_CHARACTERS * share);
  const bar = "█".repeat(done) + "░".repeat(BAR_CHARACTERS - done);
  const fits = line.length + bar.length + 2 < columns;
  return (fits ? `${bar}  ${line}` : line).slice(0, Math.max(0, columns - 1));
}

/** 75 is 1:15. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => i === 0 ? String(part) : String(part).padStart(2, "0")).join(":");
}
