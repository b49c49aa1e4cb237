/**
 * The command line: `elbow train DATA --out MODEL`, then `elbow score MODEL DATA`. One file per command; results go to
 * standard output, everything else to standard error; `text/failure.ts` lists the exit statuses.
 *
 * @module
 */
import { Command, CommanderError } from "npm:commander@15.1.0";
import { denoIo, type Io } from "./io.ts";
import { fail } from "./text/failure.ts";
import { EXAMPLES } from "./text/examples.ts";
import { addExamples, withHelpStyle } from "./text/help.ts";
import { VERSION } from "../core/version.ts";

export type { Io } from "./io.ts";
export type { AdapterReport } from "../backends/open.ts";

/** Builds a command; its file is loaded on use. */
type Load = () => Promise<(io: Io) => Command>;

/** The commands by what they are for, in the order of the help. */
const GROUPS: Readonly<Record<string, Readonly<Record<string, Load>>>> = {
  "Find anomalies in a table:": {
    report: async () => (await import("./commands/report.ts")).reportCommand,
    train: async () => (await import("./commands/train.ts")).trainCommand,
    score: async () => (await import("./commands/score.ts")).scoreCommand,
    evaluate: async () => (await import("./commands/evaluate.ts")).evaluateCommand,
  },
  "Keep a model up to date:": {
    drift: async () => (await import("./commands/drift.ts")).driftCommand,
    recalibrate: async () => (await import("./commands/recalibrate.ts")).recalibrateCommand,
    update: async () => (await import("./commands/update.ts")).updateCommand,
  },
  "Use the network:": {
    encode: async () => (await import("./commands/encode.ts")).encodeCommand,
    classify: async () => (await import("./commands/classify.ts")).classifyCommand,
    sample: async () => (await import("./commands/sample.ts")).sampleCommand,
    reconstruct: async () => (await import("./commands/reconstruct.ts")).reconstructCommand,
  },
  "Take a model elsewhere:": {
    inspect: async () => (await import("./commands/inspect.ts")).inspectCommand,
    export: async () => (await import("./commands/export.ts")).exportCommand,
    import: async () => (await import("./commands/import.ts")).importCommand,
    bundle: async () => (await import("./commands/bundle.ts")).bundleCommand,
  },
  "Serve models, run jobs:": {
    serve: async () => (await import("./commands/serve.ts")).serveCommand,
    worker: async () => (await import("./commands/worker.ts")).workerCommand,
    doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
  },
};

/** The commands and their groups, by name. */
const COMMANDS = new Map(
  Object.entries(GROUPS).flatMap(([group, commands]) =>
    Object.entries(commands).map(([name, load]) => [name, { group, load }] as const)
  ),
);

/**
 * Runs one command.
 * @param args as typed after `elbow`
 * @returns the exit status
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const [name] = args, isKnown = COMMANDS.has(name);
  // All commands are needed for the help, or to suggest what was meant.
  const program = await programFor(isKnown ? [name] : [...COMMANDS.keys()], io);
  try {
    // Whoever types only the name wants the help; a script that lost its arguments has failed.
    if (args.length === 0) return io.stderr(program.helpInformation()), 2;
    const isUnknown = name === "help" && args.length > 1 && !COMMANDS.has(args[1]);
    // What help is asked for is refused like a command, with what was meant.
    await program.parseAsync(isUnknown ? [args[1]] : args, { from: "user" });
    return 0;
  } catch (error) {
    nameTakenArgument(error, program.commands.find((each) => each.name() === name));
    return fail(error, io, `See elbow ${isKnown ? `${name} ` : ""}--help`);
  }
}

/** Says of a missing argument that an option whose value may be absent has taken it. */
function nameTakenArgument(error: unknown, command?: Command): void {
  if (!(error instanceof CommanderError) || error.code !== "commander.missingArgument") return;
  const taker = command?.options.find((option) =>
    option.optional && typeof command.getOptionValue(option.attributeName()) === "string"
  );
  if (taker === undefined) return;
  const taken = command!.getOptionValue(taker.attributeName());
  error.message +=
    `: ${taker.long} took '${taken}' for its value: write ${taker.long} after the files`;
}

async function programFor(names: readonly string[], io: Io): Promise<Command> {
  const program = withOutput(new Command("elbow"), io)
    .description("Variational autoencoders that train and run where the data is.")
    .version(VERSION, "--version", "print the version");
  addExamples(program, [EXAMPLES.train[0], EXAMPLES.score[0]]).addHelpText(
    "after",
    "\nelbow COMMAND --help shows the options of a command, and examples." +
      "\nExit status: 0 done, 1 failed, 2 wrong usage or input, 130 or 143 interrupted.",
  );
  for (const name of names) {
    const { group, load } = COMMANDS.get(name)!, command = await load();
    program.addCommand(
      addExamples(withOutput(command(io), io).helpGroup(group), EXAMPLES[name]),
    );
  }
  return program;
}

/** Output through `io`, errors as exceptions, which `fail` reports. */
function withOutput(command: Command, io: Io): Command {
  // Lines of more than a hundred characters are hard to read.
  const helpWidth = () => io.isTerminal ? Math.min(100, io.columns) : 100;
  return withHelpStyle(command).exitOverride().configureOutput({
    writeOut: io.stdout,
    writeErr: io.stderr,
    outputError() {},
    getOutHelpWidth: helpWidth,
    getErrHelpWidth: helpWidth,
    getOutHasColors: () => false,
    getErrHasColors: () => false,
  });
}

if (import.meta.main) {
  Deno.exitCode = await run(Deno.args, denoIo());
  // After an interruption, threads or an open pipe may keep the process alive.
  if (Deno.exitCode > 128) Deno.exit();
}
