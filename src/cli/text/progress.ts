/**
 * The progress of training, and of a file that is read, on standard error: one line redrawn in place on a terminal,
 * otherwise plain lines every few seconds.
 */
import type { EpochReport } from "../../training/report.ts";
import { baseName } from "./paths.ts";
import type { Io } from "../io.ts";
import { count, dataName, nats } from "./text.ts";

const REDRAW_MS = 100;
const LINE_MS = 5000;
const BAR_CHARACTERS = 20;

/** Shows one run. */
export interface Progress {
  update(report: EpochReport): void;
  /** The same for any run with this many epochs, in words. */
  show(epoch: number, epochs: number, line: string): void;
  /** What happens before the first epoch, on a terminal. */
  note(text: string): void;
  /** Leaves the cursor at the start of an empty line, however the run ended. */
  end(): void;
}

/** @param quiet prints nothing unless lines can be redrawn */
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

/** The progress of reading a file. */
export interface ReadingProgress {
  /** Adds bytes read from the file. */
  readonly onBytes: (count: number) => void;
  /** Sets the rows read so far. */
  readonly onRows: (rows: number) => void;
  /** Clears the line. */
  readonly end: () => void;
}

/**
 * Shows nothing for a file that is read quickly.
 * @param path "-" for standard input, whose length is unknown
 * @param doing what is done with its rows
 */
export async function readingProgress(
  path: string,
  io: Io,
  { quiet = false, doing = "reading" }: { readonly quiet?: boolean; readonly doing?: string } = {},
): Promise<ReadingProgress> {
  const info = path === "-" ? undefined : await Deno.stat(path).catch(() => undefined);
  const size = info?.isFile ? info.size : 0, startedAt = performance.now();
  const line = createLine(io, quiet, startedAt);
  let bytes = 0;
  const text = (rows: number) => {
    const seconds = (performance.now() - startedAt) / 1000, left = seconds * (size / bytes - 1);
    return [
      `${doing} ${baseName(dataName(path))}`,
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

/** A line redrawn on a terminal, otherwise printed again every few seconds. */
function createLine(io: Io, quiet: boolean, startedAt: number) {
  const { isTerminal } = io;
  let last = startedAt, drawn = false;
  return {
    /** @param share of the work done, if known */
    show(share: number | undefined, text: () => string, isLast = false): void {
      const now = performance.now();
      if (quiet && !isTerminal) return;
      if (!isLast && now - last < (isTerminal ? REDRAW_MS : LINE_MS)) return;
      last = now;
      if (!isTerminal) return io.stderr(`${text()}\n`);
      io.stderr(`\r\x1b[K${drawnLine(share, text(), io.columns)}`);
      drawn = true;
    },
    /** @param after written after a line that was drawn */
    end(after: string): void {
      if (drawn) io.stderr(after);
      drawn = false;
    },
  };
}

/** One epoch in one line. */
function progressLine(report: EpochReport): string {
  const { elbo, kl, activeUnits, validationElbo, skippedSteps } = report;
  return [
    epochOfNetwork(report),
    `ELBO ${nats(elbo)}`,
    `KL ${nats(kl)}`,
    ...(validationElbo === undefined ? [] : [`validation ELBO ${nats(validationElbo)}`]),
    `active units ${activeUnits}`,
    ...(skippedSteps === 0 ? [] : [`skipped steps ${skippedSteps}`]),
    `${count(Math.round(report.rowsPerSecond))} rows/s`,
    `${duration(report.secondsLeft)} left`,
  ].join("  ");
}

/** As a user counts them who asked for so many epochs: those of each network by itself. */
function epochOfNetwork({ epoch, epochs, networks = 1 }: EpochReport): string {
  if (networks === 1) return epochText(epoch, epochs);
  const each = epochs / networks, network = Math.ceil(epoch / each);
  return `network ${network}/${networks}  ${epochText(epoch - (network - 1) * each, each)}`;
}

function epochText(epoch: number, epochs: number): string {
  return `epoch ${String(epoch).padStart(String(epochs).length)}/${epochs}`;
}

/** The line after a progress bar, cut to the terminal's width: a line that wraps cannot be redrawn. */
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
