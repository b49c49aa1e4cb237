/** `show` formats any value for a message. */
import assert from "node:assert/strict";
import { show } from "../../src/core/validate.ts";

Deno.test("show() never throws, whatever the value", () => {
  const cycle: Record<string, unknown> = {};
  cycle.self = cycle;
  const cases: [unknown, string][] = [
    [undefined, "undefined"],
    [null, "null"],
    [NaN, "NaN"],
    ["a", '"a"'],
    [5n, "5n"],
    [Symbol("s"), "Symbol(s)"],
    [() => 1, "a function"],
    [Promise.resolve(1), "Promise"],
    [new DataView(new ArrayBuffer(1)), "DataView"],
    [{}, "{}"],
    [[1, 2], "[1,2]"],
    [{ big: 5n }, "an object"],
    [cycle, "an object"],
    [{ toJSON: () => undefined }, "an object"],
    ["x".repeat(80), `"${"x".repeat(56)}...`],
  ];
  for (const [value, text] of cases) assert.equal(show(value), text);
});
