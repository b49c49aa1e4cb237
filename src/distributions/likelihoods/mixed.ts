/**
 * Likelihoods for tables with several kinds of columns: one likelihood for each group of adjacent columns, each with
 * its own heads on the decoder. ln p(x | z) is the unweighted sum over the columns.
 */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import type { Graph } from "../../graph/graph.ts";
import type { Node } from "../../ops/spec.ts";
import type { Conditional } from "./definition.ts";
import type { ColumnGroup, LikelihoodSpec, MixedOptions, PlainLikelihoodSpec } from "./options.ts";

/** A likelihood and the columns it covers. */
export interface Group {
  readonly spec: PlainLikelihoodSpec;
  /** Its first column. */
  readonly first: number;
  readonly columns: number;
  /** Prefix of its parameter names: "", or "group0." in a mixed likelihood. */
  readonly prefix: string;
}

/** The groups of a likelihood, in column order; one group unless it is mixed. */
export function groupsOf(spec: LikelihoodSpec, inputs: number): readonly Group[] {
  if (spec.type !== "mixed") return [{ spec, first: 0, columns: inputs, prefix: "" }];
  let first = 0;
  return spec.columns.map((group, i) => {
    const at = first, columns = columnsOf(group);
    first += columns;
    return { spec: group, first: at, columns, prefix: `group${i}.` };
  });
}

function columnsOf(group: ColumnGroup): number {
  return group.type === "categorical" ? group.count * group.classes : group.count;
}

/**
 * Completes the specs of the groups.
 * @param parse completes the likelihood of one group over that many columns
 * @throws TypeError or RangeError naming the field
 */
export function parseMixed(
  field: string,
  value: unknown,
  inputs: number,
  parse: (field: string, value: unknown, columns: number) => PlainLikelihoodSpec,
): MixedOptions {
  const { type, columns: list } = requireObject(field, value, ["type", "columns"]);
  requireChoice(`${field}.type`, type, ["mixed"]);
  if (!Array.isArray(list) || list.length === 0) {
    throw new TypeError(`Cannot read ${field}.columns: expected a list of groups of columns`);
  }
  const groups = Array.from(list, (each, i) => parseGroup(`${field}.columns[${i}]`, each, parse));
  const total = groups.reduce((sum, group) => sum + columnsOf(group), 0);
  if (total === inputs) return { type: "mixed", columns: groups };
  throw new RangeError(
    `Cannot read ${field}.columns: the groups must have ${inputs} columns together, got ${total}`,
  );
}

function parseGroup(
  field: string,
  value: unknown,
  parse: (field: string, value: unknown, columns: number) => PlainLikelihoodSpec,
): ColumnGroup {
  const fields = requireObject(field, value, Object.keys(Object(value)));
  const { count = 1, ...likelihood } = fields;
  const variables = requireNumber(`${field}.count`, count, { min: 1, max: 65_536, integer: true });
  const { type, classes } = likelihood;
  if (type === "categorical") {
    requireNumber(`${field}.classes`, classes, { min: 2, max: 65_536, integer: true });
  }
  const columns = type === "categorical" ? variables * Number(classes) : variables;
  return { ...parse(field, likelihood, columns), count: variables };
}

/** One conditional over all columns. */
export function joinGroups(
  g: Graph,
  groups: readonly Group[],
  parts: readonly Conditional[],
): Conditional {
  if (parts.length === 1) return parts[0];
  const joined = (nodes: readonly Node[]) => nodes.reduce((a, b) => g.concatCols(a, b));
  return {
    get mean() {
      return joined(parts.map((part) => part.mean));
    },
    get parameters() {
      const named = parts.flatMap(({ parameters }, i) =>
        Object.entries(parameters).map(([name, node]) => [`${groups[i].prefix}${name}`, node])
      );
      return Object.fromEntries(named) as Readonly<Record<string, Node>>;
    },
    logProb: (x) =>
      joined(parts.map((part, i) => {
        const { first, columns } = groups[i];
        return part.logProb(g.sliceCols(x, { start: first, count: columns }));
      })),
  };
}
