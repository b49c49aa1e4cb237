/**
 * docs/models.md: each line of JSON shows all keys of a type with their defaults, and each section all types. Oracle:
 * the parsers, given only the keys that the page says must be given.
 */
import assert from "node:assert/strict";
import { parseFlows } from "../../src/flows/mod.ts";
import { parseSpec } from "../../src/models/spec.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { type OptimizerInput, parseOptimizer } from "../../src/training/optimizer.ts";

type Fields = Readonly<Record<string, unknown>>;

const PAGE = await Deno.readTextFile(new URL("../../docs/models.md", import.meta.url));
const SPEC = { inputs: 6, latent: [{ size: 8 }] };

/** How a line of a section is parsed. */
const SECTIONS: Readonly<Record<string, (fields: Fields) => unknown>> = {
  "Latent layers": (fields) => parseSpec({ ...SPEC, latent: [fields] }).latent[0],
  Flows: (fields) => parseFlows("flows", [fields], 8)[0],
  Priors: (prior) => parseSpec({ ...SPEC, prior }).prior,
  Likelihoods: (likelihood) => parseSpec({ ...SPEC, likelihood }).likelihood,
  Objectives: (fields) => parseObjective(fields, fields.type === "semiSupervised"),
  Optimizers: (fields) => parseOptimizer(fields as unknown as OptimizerInput),
};

/** Keys without a default. */
const REQUIRED = ["type", "size", "variables", "classes", "components", "columns"];

/** Types that a section has but its parser does not list for this model. */
const APART: Readonly<Record<string, readonly string[]>> = { Objectives: ["semiSupervised"] };

for (const [title, parse] of Object.entries(SECTIONS)) {
  const [, section] = new RegExp(`^## ${title}$([^]*?)(?=^## |(?![^]))`, "m").exec(PAGE) ?? [];
  const lines: Fields[] = [...section.matchAll(/^\{ "type".*\}$/gm)].map(([line]) =>
    JSON.parse(line)
  );

  Deno.test(`docs/models.md, ${title}: every line is what the parser makes of its required keys`, () => {
    for (const line of lines) {
      const given = Object.fromEntries(
        Object.entries(line).filter(([key]) => REQUIRED.includes(key)),
      );
      assert.deepEqual(parse(given), line);
    }
  });

  Deno.test(`docs/models.md, ${title}: every type is there`, () => {
    const refusal = (() => {
      try {
        return void parse({ type: "" });
      } catch (error) {
        return (error as Error).message;
      }
    })();
    const [expected] = refusal!.split(", got");
    const types = [...expected.matchAll(/"(\w+)"/g)].map(([, type]) => type);
    assert.ok(types.length > 1, refusal);
    assert.deepEqual(
      lines.map(({ type }) => type as string).sort(),
      [...types, ...APART[title] ?? []].sort(),
    );
  });
}

Deno.test("docs/models.md: the example is a model, and the table names every key of a model", () => {
  const [, example] = /^```json\n([^]*?)^```/m.exec(PAGE)!;
  parseSpec(JSON.parse(example));
  assert.throws(() => parseSpec({ unknown: 1 }), (error: Error) => {
    const [, keys] = /known keys are (.*)\)$/.exec(error.message)!;
    const [table] = PAGE.split("## ");
    for (const key of keys.split(", ")) {
      assert.match(table, new RegExp(`^\\|.*\`${key}\`.*\\|`, "m"));
    }
    return true;
  });
});
