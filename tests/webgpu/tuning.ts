/**
 * How products are cut. Every tile there is, also those that only hardware takes, must conform; the tuner
 * must take the fastest by the clock that it is given, of those that compute rightly.
 */
import assert from "node:assert/strict";
import { backendOn } from "../../src/backends/webgpu/backend.ts";
import { openDevice } from "../../src/backends/webgpu/device.ts";
import { HARDWARE_TILES, type TileName, TILES } from "../../src/backends/webgpu/tiles.ts";
import { batched, fixed } from "../../src/core/shape.ts";
import { createGraph } from "../../src/graph/graph.ts";
import { type Plan, plan } from "../../src/graph/plan.ts";
import type { Check } from "./checks.ts";
import { checkLongSums, checkProducts } from "./derivatives.ts";
import { type Faults, faultyGpu } from "./faulty_gpu.ts";
import type { TrainingCheck } from "./training.ts";

export const TILE_CHECKS: readonly Check[] = Object.entries(TILES).map(([name, tile]): Check => ({
  name: `products cut into tiles "${name}" agree with the float64 reference`,
  async run({ plain: { device } }) {
    const backend = backendOn(device, { chooseTile: () => tile });
    await checkProducts(backend);
    // What cuts sums is one text for all tiles in workgroup memory; "direct" is what software takes anyway.
    if (name === "small") await checkLongSums(backend);
  },
}));

/** Two products of one shape, and one of another. */
function products(): Plan {
  const g = createGraph();
  const x = g.input("x", batched(7)), w = g.input("w", fixed(7, 9)), v = g.input("v", fixed(9, 7));
  const ways = { transposeA: false, transposeB: false };
  const h = g.matmul(x, w, ways), y = g.matmul(g.matmul(h, v, ways), w, ways);
  return plan(g, { outputs: { y }, capacity: 70, parameters: { length: 0, places: new Map() } });
}

/** A clock by which the tiles, in the order in which they are tried, take so long. */
function clockOf(milliseconds: readonly number[]): () => number {
  let asked = 0, now = 0;
  return () => {
    const isEnd = asked % 2 === 1;
    // Three runs of each tile, two looks at the clock for each.
    if (isEnd) now += milliseconds[Math.floor(asked / 6) % milliseconds.length];
    asked++;
    return now;
  };
}

async function tuned(faults: Faults): Promise<Map<string, string>> {
  const { gpu } = faultyGpu(faults), tiles = new Map<string, string>();
  const device = await openDevice({ allowSoftware: true, gpu });
  const clock = clockOf([5, 4, 3, 1]);
  const backend = backendOn(device, { tune: true, worth: 0, clock, tiles });
  await backend.prepare(products());
  assert.equal(tiles.size, 2);
  const before = [...tiles];
  await backend.prepare(products());
  assert.deepEqual([...tiles], before);
  backend.dispose();
  return tiles;
}

const onlyTall = (code: string) =>
  code.replace(
    /(\* 64u;\nlet firstCol = tile % tilesAcross \* 16u;[^]*?)fma\(x0, y0,/,
    "$1fma(x0, 1.01 * y0,",
  );

const names = (tiles: ReadonlyMap<string, string>): TileName[] => [...tiles.values()] as TileName[];

export const TUNER_CHECKS: readonly TrainingCheck[] = [
  {
    name: "the tuner keeps the fastest tile of each shape, once",
    async run() {
      assert.deepEqual(HARDWARE_TILES.at(-1), "tall");
      assert.deepEqual(names(await tuned({})), ["tall", "tall"]);
    },
  },
  {
    name: "the tuner never takes a tile that computes wrongly",
    async run() {
      // What is wrong is not timed: the clock's order is that of the first product alone.
      const [first, second] = names(await tuned({ shader: onlyTall }));
      assert.equal(first, "large");
      assert.notEqual(second, "tall");
    },
  },
  {
    name: "small products are not measured, nor are any on software unless asked for",
    async run() {
      for (const options of [{ tune: true }, {}]) {
        const tiles = new Map<string, string>();
        const device = await openDevice({ allowSoftware: true });
        const backend = backendOn(device, { ...options, tiles });
        await backend.prepare(products());
        assert.equal(tiles.size, 0);
        backend.dispose();
      }
    },
  },
];
