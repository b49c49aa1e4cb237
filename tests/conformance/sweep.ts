/**
 * Cases at every size: one size of a case (its rows, its columns or an attribute that is a size) takes each requested
 * value, while the others are drawn (seeded). The case itself is drawn from those of its operation, and with it its
 * form, which operands are stretched, and its numbers.
 */
import { ok } from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { OPS } from "../../src/ops/catalogue.ts";
import { OP_NAMES, type OpName } from "../../src/ops/names.ts";
import { type Case, type CaseGenerator, EXACT } from "./case.ts";
import { CASES } from "./cases.ts";
import { drawSize, LARGEST, resized, SIZE_ATTRIBUTES } from "./resize.ts";

/** 1 to 70. */
export const EVERY_SIZE: readonly number[] = Array.from({ length: LARGEST }, (_, i) => i + 1);

/** Remainders of every length, both sides of the limits of vectors, stripes and tiles, and primes. */
export const SIZE_CLASSES: readonly number[] = EVERY_SIZE.filter((size) =>
  size <= 9 || [15, 16, 17, 24, 31, 32, 33, 48, 63, 64, 65].includes(size) || isPrime(size)
);

/** Operations with cases of more than one size, and kernels. */
export const SIZED_OPS: readonly OpName[] = OP_NAMES.filter((op) =>
  !OPS[op].view && op !== "clipScale"
);

/** Attempts to find a case of a size. */
const TRIES = 400;

/** For each kind of the operation, each size, and each place where it can be. */
export function sweep(op: OpName, sizes: readonly number[]): Case[] {
  const random = new HostRandom(OP_NAMES.indexOf(op), 13, 0);
  return kindsOf(op).flatMap((cases) =>
    placesOf(cases[0]).flatMap((place) =>
      sizes.map((size) => {
        const found = caseAt(op, cases, place, size, random);
        ok(found, `${op}: no case has ${size} ${place}`);
        return found;
      })
    )
  );
}

/** The cases of an operation that change something, by the attributes that choose what is computed. */
function kindsOf(op: OpName): Case[][] {
  const cases = (CASES[op] as unknown as CaseGenerator<OpName>)()
    .filter(({ tolerances }) => !OPS[op].effect || tolerances.some((each) => each !== EXACT));
  const kinds = Map.groupBy(cases, ({ attrs }) =>
    JSON.stringify(
      Object.entries(attrs).filter(([name, value]) => name !== "batched" && isChoice(value)),
    ));
  return [...kinds.values()];
}

const isChoice = (value: unknown) => typeof value === "string" || typeof value === "boolean";

/** `rows`, `cols`, and attributes that are sizes. */
function placesOf({ attrs }: Case): string[] {
  return [...new Set(["rows", "cols", ...Object.keys(attrs)])]
    .filter((name) => SIZE_ATTRIBUTES.includes(name));
}

function caseAt(
  op: OpName,
  cases: readonly Case[],
  place: string,
  size: number,
  random: HostRandom,
): Case | undefined {
  for (let tries = 0; tries < TRIES; tries++) {
    const given = cases[random.below(cases.length)], own = sizeAt(given, place);
    // A size of 1 stays 1, because it may be a stretched operand.
    if (own === 1) continue;
    // Some operations restrict sizes, so some sizes sometimes stay as they are.
    const sizeOf = (other: number) =>
      other === own ? size : random.below(3) === 0 ? other : drawSize(random);
    const found = resized(op, given, sizeOf, random);
    if (found) return found;
  }
}

/** The attribute of that name, or the rows or columns of the largest operand. */
function sizeAt({ attrs, operands }: Case, place: string): number {
  const attribute = (attrs as Readonly<Record<string, unknown>>)[place];
  if (typeof attribute === "number") return attribute;
  const [{ shape }] = operands.toSorted((a, b) => b.values.length - a.values.length);
  return shape[place as "rows" | "cols"];
}

function isPrime(size: number): boolean {
  return size > 1 && EVERY_SIZE.every((each) => each < 2 || each >= size || size % each !== 0);
}
