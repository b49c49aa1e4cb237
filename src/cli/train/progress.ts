/**
 * How training is going, on standard error: one line redrawn in place on a terminal, plain lines
 * every few seconds elsewhere.
 */
import type { EpochReport } from "../../training/report.ts";
import { baseName } from "../files/files.ts";
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
  /** What is done before the first epoch, on a terminal. */
  note(text: string): void;
  /** Leaves the cursor at the start of an empty line, however the run ended. */
  end(): void;
}

/** @param quiet says nothing where lines cannot be redrawn */
export function createProgress(io: Io, quiet = false): Progress {
  const line = createLine(io, quiet, -Infinity);
  const show = (epoch: number, epochs: number, text: () => string) =>
    line.show(epoch / epochs, text, epoch >= epochs);
  return {
    update: (report) => show(report.epoch, report.epochs, () => progressLine(report)),
    show: (epoch, epochs, text) =>
      show(epoch, epochs, () => `${epochText(epoch, epochs)}  ${text}`),
    note: (text) => {
      if (io.isTerminal) line.show(undefined, () => text, true);
    },
    end: () => line.end("\n"),
  };
}

/** How far a file is read. */
export interface ReadingProgress {
  /** Bytes more of the file. */
  readonly onBytes: (count: number) => void;
  /** Rows so far. */
  readonly onRows: (rows: number) => void;
  /** Leaves an empty line. */
  readonly end: () => void;
}

/** Shows nothing of a file that is read at once. @param path "-" for standard input, whose end nobody knows */
export async function readingProgress(
  path: string,
  io: Io,
  quiet = false,
): Promise<ReadingProgress> {
  const there = path === "-" ? undefined : await Deno.stat(path).catch(() => undefined);
  const size = there?.isFile ? there.size : 0, began = performance.now();
  const line = createLine(io, quiet, began);
  let bytes = 0;
  const text = (rows: number) => {
    const seconds = (performance.now() - began) / 1000, left = seconds * (size / bytes - 1);
    return [
      `reading ${path === "-" ? "standard input" : baseName(path)}`,
      `${count(rows)} rows`,
      `${count(Math.round(rows / seconds))} rows/s`,
      ...(size > 0 && bytes > 0 ? [`${duration(left)} left`] : []),
    ].join("  ");
  };
  return {
    onBytes: (more) => void (bytes += more),
    onRows: (rows) => line.show(size > 0 ? bytes / size : undefined, () => text(rows)),
    end: () => line.end("\r\x1b[K"),
  };
}

/** A line that is redrawn on a terminal, and written anew every few seconds elsewhere. */
function createLine({ isTerminal, ...io }: Io, quiet: boolean, began: number) {
  let last = began, drawn = false;
  return {
    /** @param share of what there is to do, if that is known */
    show(share: number | undefined, text: () => string, isLast = false): void {
      const now = performance.now();
      if (quiet && !isTerminal) return;
      if (!isLast && now - last < (isTerminal ? REDRAW_MS : LINE_MS)) return;
      last = now;
      if (!isTerminal) return io.stderr(`${text()}\n`);
      io.stderr(`\r\x1b[K${drawnLine(share, text(), io.columns)}`);
      drawn = true;
    },
    /** @param after what is written behind a line that was drawn */
    end(after: string): void {
      if (drawn) io.stderr(after);
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
function drawnLine(share: number | undefined, line: string, columns: number): string {
  const done = Math.round(BAR_CHARACTERS * Math.min(1, share ?? 0));
  const bar = "█".repeat(done) + "░".repeat(BAR_CHARACTERS - done);
  const fits = share !== undefined && line.length + bar.length + 2 < columns;
  return (fits ? `${bar}  ${line}` : line).slice(0, Math.max(0, columns - 1));
}

/** 75 is 1:15. */
function duration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const parts = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const shown = parts[0] > 0 ? parts : parts.slice(1);
  return shown.map((part, i) => i === 0 ? String(part) : String(part).padStart(2, "0")).join(":");
}
