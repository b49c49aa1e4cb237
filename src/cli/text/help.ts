/** What `--help` prints: the choices and the default of an option in one place, and examples. */
import type { Command, Help, Option } from "npm:commander@15.1.0";

/** Shows how a command is typed. */
export function addExamples(command: Command, lines: readonly string[]): Command {
  const text = lines.map((line) => `  ${line}`).join("\n");
  return command.addHelpText("after", `\nExamples:\n${text}`);
}

/** Applies the style of all help texts. */
export function withHelpStyle(command: Command): Command {
  return command.helpOption("-h, --help", "print this help").configureHelp({
    optionDescription: optionText,
    minWidthToWrap: 1,
    formatItem,
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

/** Fewer characters beside a term would hold two words. */
const MIN_BESIDE = 36;

/** A term with its description beside it or, on a narrow terminal, below it. */
function formatItem(term: string, termWidth: number, description: string, helper: Help): string {
  const { helpWidth = 80 } = helper, beside = helpWidth - termWidth - 4;
  if (!description) return `  ${term}`;
  const isBeside = beside >= MIN_BESIDE;
  const wrapped = helper.boxWrap(description, Math.max(1, isBeside ? beside : helpWidth - 6));
  const indent = " ".repeat(isBeside ? termWidth + 4 : 6);
  const start = isBeside ? `  ${term.padEnd(termWidth + 2)}` : `  ${term}\n${indent}`;
  return start + wrapped.replaceAll("\n", `\n${indent}`);
}
