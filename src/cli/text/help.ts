/** What `--help` prints: the choices and the default of an option in one place, and examples. */
import type { Command, Option } from "npm:commander@15.1.0";

/** Shows how a command is typed. */
export function addExamples(command: Command, lines: readonly string[]): Command {
  const text = lines.map((line) => `  ${line}`).join("\n");
  return command.addHelpText("after", `\nExamples:\n${text}`);
}

/** Applies the style of all help texts. */
export function withHelpStyle(command: Command): Command {
  return command.helpOption("-h, --help", "print this help").configureHelp({
    optionDescription: optionText,
    // Every command has options, and `help` is said in a sentence.
    subcommandTerm: (each) =>
      [each.name(), ...each.registeredArguments.map((argument) => `<${argument.name()}>`)].join(
        " ",
      ),
    visibleCommands: ({ commands }) => [...commands],
  });
}

/** "how the file stores its weights (f32, f16, int8; default: f16)". */
function optionText({ description, argChoices, defaultValue }: Option): string {
  const [, text, end] = /^(.*?)(?: \(((?:default|required).*)\))?$/s.exec(description)!;
  const state = end ?? (defaultValue === undefined ? undefined : `default: ${defaultValue}`);
  const facts = [argChoices?.join(", "), state].filter((fact) => fact !== undefined);
  return facts.length === 0 ? text : `${text} (${facts.join("; ")})`;
}
