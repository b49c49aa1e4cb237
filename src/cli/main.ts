/**
 * The command line: `elbow train DATA --out MODEL`, then `elbow score MODEL DATA`. One file per
 * command; results go to standard output, all else to standard error; `refusals.ts` lists the exit
 * statuses.
 *
 * @module
 */
import { Command } from "npm:commander@15.1.0";
import { bundleCommand } from "./bundle.ts";
import { classifyCommand } from "./classify.ts";
import { doctorCommand } from "./doctor.ts";
import { driftCommand } from "./drift.ts";
import { encodeCommand } from "./encode.ts";
import { evaluateCommand } from "./evaluate.ts";
import { importCommand } from "./import.ts";
import { inspectCommand } from "./inspect.ts";
import { exportCommand } from "./export.ts";
import { denoIo, type Io } from "./io.ts";
import { reconstructCommand } from "./reconstruct.ts";
import { fail } from "./refusals.ts";
import { recalibrateCommand } from "./recalibrate.ts";
import { reportCommand } from "./report.ts";
import { sampleCommand } from "./sample.ts";
import { scoreCommand } from "./score.ts";
import { serveCommand } from "./serve.ts";
import { trainCommand } from "./train.ts";
import { updateCommand } from "./update.ts";
import { workerCommand } from "./worker.ts";
import { VERSION } from "./version.ts";

export type { Io } from "./io.ts";
export type { AdapterReport } from "../backends/open.ts";

const COMMANDS: readonly ((io: Io) => Command)[] = [
  reportCommand,
  trainCommand,
  scoreCommand,
  evaluateCommand,
  driftCommand,
  recalibrateCommand,
  updateCommand,
  encodeCommand,
  classifyCommand,
  sampleCommand,
  reconstructCommand,
  inspectCommand,
  exportCommand,
  importCommand,
  bundleCommand,
  serveCommand,
  workerCommand,
  doctorCommand,
];

/**
 * Runs one command.
 * @param args as typed after `elbow`
 * @returns the exit status
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const program = programFor(io);
  try {
    if (args.length === 0) program.error("error: a command is missing");
    await program.parseAsync(args, { from: "user" });
    return 0;
  } catch (error) {
    const known = program.commands.some((command) => command.name() === args[0]);
    return fail(error, io, `See elbow ${known ? `${args[0]} ` : ""}--help`);
  }
}

function programFor(io: Io): Command {
  const program = withOutput(new Command("elbow"), io)
    .description("Variational autoencoders that train and run where the data is.")
    .version(VERSION, "--version", "print the version")
    .addHelpText(
      "after",
      "\nExit status: 0 done, 1 failed, 2 wrong usage or bad input, 130 interrupted.",
    );
  for (const command of COMMANDS) program.addCommand(withOutput(command(io), io));
  return program;
}

/** Output through `io`, errors as exceptions: `fail` words them. */
function withOutput(command: Command, io: Io): Command {
  return command.exitOverride().configureOutput({
    writeOut: io.stdout,
    writeErr: io.stderr,
    outputError() {},
    getOutHelpWidth: () => 100,
    getErrHelpWidth: () => 100,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
}

if (import.meta.main) Deno.exitCode = await run(Deno.args, denoIo());
