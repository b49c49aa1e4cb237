/** The library of WGSL functions, and those that a piece of WGSL calls, in an order that compiles. */
import { DENSITIES } from "./densities.ts";
import { GAMMA } from "./gamma.ts";
import { LANES } from "./lanes.ts";
import { MATH } from "./math.ts";
import { PHILOX } from "./philox.ts";
import { TURNS } from "./turns.ts";

const LIBRARY: Readonly<Record<string, string>> = {
  // In either format: see `layout.ts`.
  parameter: `fn parameter(index: u32) -> f32 { return f32(parameters[index]); }`,
  ...MATH,
  ...TURNS,
  ...LANES,
  ...PHILOX,
  ...GAMMA,
  ...DENSITIES,
};

/** The source of every library function that `source` calls, directly or indirectly. */
export function calledBy(source: string): string {
  const included = new Map<string, string>();
  const visit = (text: string): void => {
    for (const [, name] of text.matchAll(/\b([A-Za-z]\w*)\(/g)) {
      const own = Object.hasOwn(LIBRARY, name) ? LIBRARY[name] : undefined;
      if (own === undefined || included.has(name)) continue;
      included.set(name, own);
      visit(own);
    }
  };
  visit(source);
  return [...included.values()].join("\n");
}
