/**
 * How products are divided. Every tile, even those that only hardware uses, must conform; the tuner must choose the
 * fastest by the given clock, among those that compute correctly.
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
import { type Counts, type Faults, faultyGpu } from "./faulty_gpu.ts";
import type { TrainingCheck } from "./training.ts";

export const TILE_CHECKS: readonly Check[] = Object.entries(TILES).map(([name, tile]): Check => ({
  name: `products cut into tiles "${name}" agree with the float64 reference`,
  async run({ plain: { device } }) {
    const backend = backendOn(device, { chooseTile: () => tile });
    await checkProducts(backend);
    // All tiles in workgroup memory divide sums by the same code; software uses "direct" anyway.
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

/** Milliseconds of a wait on the machine of the clock below. */
const WAIT = 6;

/** The clock of a machine on which a product takes this long, by its tile in the order in which they are tried. */
function clockOf(counts: Counts, milliseconds: readonly number[]): () => number {
  let dispatches = 0, waits = 0, now = 0;
  return () => {
    // Each program creates one bind group.
    const took = milliseconds[(counts.groups - 1) % milliseconds.length];
    now += took * (counts.dispatches - dispatches) + WAIT * (counts.waits - waits);
    [dispatches, waits] = [counts.dispatches, counts.waits];
    return now;
  };
}

async function tuned(faults: Faults, milliseconds: readonly number[]) {
  const { gpu, counts } = faultyGpu(faults), tiles = new Map<string, string>();
  const device = await openDevice({ allowSoftware: true, gpu });
  const clock = clockOf(counts, milliseconds);
  const backend = backendOn(device, { tune: true, minOperations: 0, clock, tiles });
  await backend.prepare(products());
  assert.equal(tiles.size, 2);
  const before = [...tiles], { dispatches } = counts;
  await backend.prepare(products());
  assert.deepEqual([...tiles], before);
  assert.equal(counts.dispatches, dispatches);
  backend.dispose();
  return { names: [...tiles.values()] as TileName[], dispatches };
}

const onlyTall = (code: string) =>
  code.replace(
    /(\* 64u;\nlet firstCol = tile % tilesAcross \* 16u;[^]*?)fma\(x0, y0,/,
    "$1fma(x0, 1.01 * y0,",
  );

export const TUNER_CHECKS: readonly TrainingCheck[] = [
  {
    name: "the tuner keeps the fastest tile of each shape, once",
    async run() {
      assert.deepEqual(HARDWARE_TILES, ["small", "middle", "large", "tall"]);
      const { names } = await tuned({}, [50, 40, 30, 10]);
      assert.deepEqual(names, ["tall", "tall"]);
    },
  },
  {
    name: "the tuner tells products apart that take a fraction of a wait, by many to a submit",
    async run() {
      const { names, dispatches } = await tuned({}, [0.05, 0.051, 0.049, 0.05]);
      assert.deepEqual(names, ["large", "large"]);
      // For two products and four tiles: one to compare, then 3 of 1; 2, 4, … 64; and 3 of 128.
      assert.equal(dispatches, 2 * 4 * (1 + 3 + 126 + 3 * 128));
    },
  },
  {
    name: "the tuner never takes a tile that computes wrongly",
    async run() {
      const { names } = await tuned({ shader: onlyTall }, [50, 40, 30, 10]);
      assert.deepEqual(names, ["large", "large"]);
    },
  },
  {
    name: "what a device was measured by holds for the next one of this process",
    async run() {
      const measure = async () => {
        const { gpu, counts } = faultyGpu({});
        const device = await openDevice({ allowSoftware: true, gpu });
        const backend = backendOn(device, { tune: true, minOperations: 0 });
        await backend.prepare(products());
        backend.dispose();
        return counts.dispatches;
      };
      assert.ok(await measure() > 0);
      assert.equal(await measure(), 0);
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
