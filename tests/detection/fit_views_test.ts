/**
 * The scale of the arcsinh view (ADR 20). Oracle: quartiles and moments of columns whose values are written here.
 */
import assert from "node:assert/strict";
import { fitViews } from "../../src/detection/ensemble/fit_views.ts";

/** The centre and scale of a column of numbers. */
function arcsinhOf(values: readonly number[]): { centre: number; scale: number } {
  const cells = { data: Float64Array.from(values), rows: values.length };
  const [{ name, features: [{ transform }] }] = fitViews(cells, [{ name: "x", kind: "numeric" }]);
  assert.ok(name === "arcsinh" && transform.kind === "arcsinh");
  return transform;
}

const close = (got: number, want: number) =>
  assert.ok(Math.abs(got - want) <= 1e-7 * want, `${got} for ${want}`);

function deviationOf(values: readonly number[]): number {
  const mean = values.reduce((sum, each) => sum + each) / values.length;
  return Math.sqrt(values.reduce((sum, each) => sum + (each - mean) ** 2, 0) / values.length);
}

Deno.test("the arcsinh scale is the quartiles' spread, and in heavy tails its geometric mean with the deviation", () => {
  // Quartiles -1 and 1, deviation below 2 / 1.349: light tails.
  const light = [-1.1, -1, -1, 0, 1, 1, 1.1];
  const spread = 2 / 1.349;
  assert.ok(deviationOf(light) < spread);
  assert.equal(arcsinhOf(light).centre, 0);
  close(arcsinhOf(light).scale, spread);
  const heavy = [-9, -1, -1, 0, 1, 1, 9];
  close(arcsinhOf(heavy).scale, Math.sqrt(spread * deviationOf(heavy)));
});

Deno.test("where most cells are equal, a twentieth of the deviation stands for the quartiles' spread", () => {
  const values = [...Array(19).fill(0), 7], deviation = deviationOf(values);
  close(arcsinhOf(values).scale, deviation * Math.sqrt(0.05));
});
