/** The options that benchmarks in several rounds share. */
import { parseArgs } from "node:util";

export interface RunOptions {
  /** Whether a short run is enough, which is not published. */
  readonly quick: boolean;
  readonly rounds: number;
  /** Seconds of sampling, per case. */
  readonly seconds: number;
}

/** Reads `--quick`, `--rounds` and `--seconds` from the command line. */
export function runOptions(defaultSeconds: number): RunOptions {
  const { values: { quick, rounds, seconds } } = parseArgs({
    options: {
      quick: { type: "boolean", default: false },
      rounds: { type: "string" },
      seconds: { type: "string" },
    },
  });
  return {
    quick,
    rounds: Number(rounds ?? (quick ? 1 : 3)),
    seconds: Number(seconds ?? (quick ? 0.05 : defaultSeconds)),
  };
}
