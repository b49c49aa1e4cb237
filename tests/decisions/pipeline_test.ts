/**
 * The false-alarm rate of the whole pipeline: a detector is split, standardised, fitted and calibrated on new random
 * rows each time, and then scores fresh rows. Oracle: the exact distribution of the number of flagged rows,
 * beta-binomial, which holds for a split-conformal calibration whatever the model; with tied scores it is an upper
 * bound.
 */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { normal, poisson } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { flaggedBounds, flaggedLaw } from "../util/flagged_law.ts";

const ROWS = 150, FRESH = 250, RATE = 0.05;

const SMALL: DetectorOptions = { preset: "small", hidden: [6], latent: 2, epochs: 3 };
const ENSEMBLE: DetectorOptions = { hidden: [4], latent: 2, epochs: 1 };

const PRESETS = [["small", 40, SMALL], ["ensemble", 20, ENSEMBLE]] as const;

type Cell = number | string | null;

/** A random row of each kind of table. */
const DRAWS: { readonly [kind: string]: (random: HostRandom) => Cell[] } = {
  numbers: (random) => {
    const z = normal(random), other = () => z + 0.5 * normal(random);
    return [other(), other(), Math.exp(other()), normal(random)];
  },
  // Some texts are new in every table, and some values are in few tables. The schema is inferred from all rows,
  // including those that calibrate.
  "mixed, with gaps": (random) => {
    const z = normal(random), name = `v${Math.floor((1 - random.uniformF64()) ** -1.2)}`;
    const gap = random.uniformF64() < 0.2, rare = random.uniformF64() < 1 / 300;
    const count = Math.floor(Math.exp(normal(random)));
    return [z, gap ? null : 2 * z + normal(random), name, count, rare ? 2 : random.below(2)];
  },
  // Most are counts or zeros and ones, until a row breaks the kind: some fresh row is the first to do so in some
  // column.
  "kinds that few rows break": (random) => [
    normal(random),
    ...Array.from({ length: 15 }, () => poisson(random, 0.12)),
    ...Array.from({ length: 15 }, () => Math.round(5 + 2.2 * normal(random))),
  ],
  "few values": (random) => [random.below(3), random.below(2), random.below(4), random.below(3)],
};

for (const [kind, draw] of Object.entries(DRAWS)) {
  for (const [preset, fits, options] of PRESETS) {
    Deno.test(`over ${fits} fits of preset ${preset} to a table of ${kind}, fresh rows are flagged at the exact rate`, async () => {
      const z: number[] = [];
      for (let seed = 0; seed < fits; seed++) {
        const random = new HostRandom(seed, 0, 77);
        const rows = Array.from({ length: ROWS }, () => draw(random));
        const fresh = Array.from({ length: FRESH }, () => draw(random));
        // Every third table contains each row twice; only the distinct rows count.
        const table = kind === "numbers" && seed % 3 === 0 ? [...rows, ...rows] : rows;
        const detector = await Detector.fit(table, { ...options, falseAlarmRate: RATE, seed });
        const { calibrationRows } = detector;
        const flagged = (await detector.score(fresh)).filter(({ anomaly }) => anomaly).length;
        const [low, high] = flaggedBounds(calibrationRows, RATE, FRESH, 6e-5 / fits);
        const told = `seed ${seed}: ${flagged}, ${low} … ${high}, ${calibrationRows} rows`;
        assert.ok(flagged <= high && (flagged >= low || kind !== "numbers"), told);
        const { mean, deviation } = momentsOf(flaggedLaw(calibrationRows, RATE, FRESH));
        z.push((flagged - mean) / deviation);
        detector.dispose();
      }
      // These are independent with mean 0 and variance 1, so their mean is within four standard errors of 0. With ties
      // it may be lower.
      const mean = z.reduce((sum, each) => sum + each, 0) / fits;
      assert.ok(mean < 4 / Math.sqrt(fits), `mean z ${mean}`);
      if (kind === "numbers") assert.ok(mean > -4 / Math.sqrt(fits), `mean z ${mean}`);
    });
  }
}

function momentsOf(law: Float64Array): { mean: number; deviation: number } {
  const mean = law.reduce((sum, chance, j) => sum + j * chance, 0);
  const variance = law.reduce((sum, chance, j) => sum + (j - mean) ** 2 * chance, 0);
  return { mean, deviation: Math.sqrt(variance) };
}
