/**
 * The requirements of a model's likelihood on its data: which values each column may have, and which columns may be
 * standardised.
 */
import { memoize } from "../../core/memoize.ts";
import { ANY_NUMBER } from "../../distributions/likelihoods/definition.ts";
import { definitionOf, type Group, groupsOf } from "../../distributions/likelihood.ts";
import { RowError } from "../../core/row_error.ts";
import type { ModelSpec } from "../../models/spec.ts";

/** A cell whose value p(x | z) does not allow; row and column from 0. */
export interface CellFault {
  /** From 0. */
  readonly row: number;
  /** From 0. */
  readonly column: number;
  /** Value of the cell. */
  readonly value: number;
  /** Name of the likelihood, such as "Bernoulli". */
  readonly likelihood: string;
  /** What the likelihood requires, such as "a value from 0 to 1". */
  readonly needs: string;
}

type LikelihoodColumns = Pick<ModelSpec, "inputs" | "likelihood">;

type RestrictedGroup = Group & Pick<ReturnType<typeof definitionOf>, "title" | "data">;

/** The columns with restricted values, and their rules. Cached, because a server checks every request. */
const restrictedGroups = memoize((
  { likelihood, inputs }: LikelihoodColumns,
): readonly RestrictedGroup[] =>
  groupsOf(likelihood, inputs)
    .map((group) => ({ ...group, ...definitionOf(group.spec.type) }))
    .filter(({ data: rule }) => rule !== ANY_NUMBER)
);

/** The first cell, row by row, whose value the likelihood does not allow; rows start every `stride` values. */
export function findFault(
  model: LikelihoodColumns,
  data: Float32Array | Float64Array,
  stride: number = model.inputs,
): CellFault | undefined {
  const groups = restrictedGroups(model);
  if (groups.length === 0) return undefined;
  for (let at = 0; at < data.length; at += stride) {
    for (const { spec, first, columns, title, data: rule } of groups) {
      const offset = rule.firstInvalid(data, at + first, columns, spec);
      if (offset < 0) continue;
      const column = first + offset;
      return {
        row: at / stride,
        column,
        value: data[at + column],
        likelihood: title,
        needs: rule.needs(spec),
      };
    }
  }
  return undefined;
}

/**
 * Whether the score of a row with a cell that is not finite is never finite, whatever the parameters: a Gaussian adds
 * ½ (x - μ)² e⁻ˡ of each cell, which then is infinite or NaN. Its rows need no check before they are scored (ADR 74).
 */
export function showsBadCells({ likelihood, condition, missing }: ModelSpec): boolean {
  return likelihood.type === "gaussian" && !condition && !missing;
}

/** @throws RowError naming row and column of the first cell that the likelihood does not allow */
export function requireData(
  spec: LikelihoodColumns,
  data: Float32Array | Float64Array,
  { stride, nameOf = (column) => column + 1 }: {
    readonly stride?: number;
    readonly nameOf?: (column: number) => string | number;
  } = {},
): void {
  const fault = findFault(spec, data, stride);
  if (!fault) return;
  const { row, column, likelihood, needs, value } = fault;
  const words = `a ${likelihood} likelihood needs ${needs}, got ${value}`;
  throw new RowError(words, row + 1, nameOf(column));
}

/** For each column, the name of its likelihood if the column must not be standardised, else undefined. */
export function fixedColumns(
  { inputs, likelihood }: LikelihoodColumns,
): readonly (string | undefined)[] {
  return groupsOf(likelihood, inputs).flatMap(({ spec, columns }) => {
    const { title, standardizes } = definitionOf(spec.type);
    return new Array<string | undefined>(columns).fill(standardizes ? undefined : title);
  });
}
