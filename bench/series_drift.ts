/**
 * How often an unchanged series is reported as changed at a rate of 1 %, and how often a level shift of one standard
 * deviation is: `deno task bench:series-drift`. Each series is random; 2,000 steps train, and after 3,000 more a
 * stretch is tested. Prints the shares of stretches, what column a's steps are worth (steps as one, median), and the
 * rows that pass per alarm of the row-by-row monitor, where --run-length asks for at least 2,000.
 */
import { parseArgs } from "node:util";
import { median } from "./lib/statistics.ts";
import { HostRandom } from "../src/core/random/philox.ts";
import { normal } from "../src/core/random/draws.ts";
import { Detector } from "../src/detection/detector.ts";

const { values: { seeds } } = parseArgs({ options: { seeds: { type: "string", default: "100" } } });

const TRAINED = 2000, BETWEEN = 3000, WINDOW = 20, RUN_LENGTH = 2000, LENGTHS = [1000, 4000];

type Draw = (random: HostRandom, steps: number) => number[][];

/** x_t = a x_(t-1) + √(1 - a²) e_t, unit variance, and a second column that mixes two of them. */
const autoregression = (a: number): Draw => (random, steps) => {
  const e = () => Math.sqrt(1 - a * a) * normal(random);
  let x = normal(random), y = normal(random);
  return Array.from({ length: steps }, () => {
    x = a * x + e();
    y = a * y + e();
    return [x, (x + y) * Math.SQRT1_2];
  });
};

/** A cycle with noise. */
const cycle = (period: number, a: number): Draw => (random, steps) => {
  const start = period * random.uniformF64();
  return autoregression(a)(random, steps).map(([x, y], t) => {
    const angle = 2 * Math.PI * (t + start) / period;
    return [x + 2 * Math.sin(angle), y + Math.cos(angle)];
  });
};

/** Two states with another level and spread, each kept for `steps` steps on average. */
const states = (kept: number): Draw => (random, steps) => {
  let state = Number(random.uniformF64() < 0.5);
  return autoregression(0.5)(random, steps).map(([x, y]) => {
    if (random.uniformF64() < 1 / kept) state = 1 - state;
    return [x + 3 * state, y * (1 + state)];
  });
};

/** Noise without memory, whose spread has one. */
const volatility: Draw = (random, steps) =>
  autoregression(0.99)(random, steps).map(([x]) =>
    [0, 0].map(() => Math.exp(0.7 * x) * normal(random))
  );

const KINDS: Readonly<Record<string, Draw>> = {
  "independent": autoregression(0),
  "autoregression, 0.9": autoregression(0.9),
  "autoregression, 0.99": autoregression(0.99),
  "cycle of 50": cycle(50, 0.5),
  "cycle of 500": cycle(500, 0.9),
  "states of 100": states(100),
  "states of 400": states(400),
  "spread with memory": volatility,
};

async function resultOf(draw: Draw, steps: number, seed: number) {
  const rows = draw(new HostRandom(seed, 0, 99), TRAINED + BETWEEN + steps);
  const detector = await Detector.fit(rows.slice(0, TRAINED), { window: WINDOW });
  const later = rows.slice(TRAINED + BETWEEN), options = { runLength: RUN_LENGTH };
  const same = detector.drift(later, options);
  const shifted = detector.drift(later.map(([x, y]) => [x + 1, y]), options);
  detector.dispose();
  return {
    changed: Number(same.changed),
    found: Number(shifted.changed),
    asOne: same.columns[0].stepsAsOne!,
    alarm: Number(same.stream.alarmAt !== undefined),
    passed: same.stream.alarmAt ?? steps,
  };
}

const LIMITS = ["steps", "changed", "shift found", "steps as one", "rows per alarm"];
console.log(
  `| series | ${LIMITS.join(" | ")} |\n| --- | ${LIMITS.map(() => "---:").join(" | ")} |`,
);
for (const [kind, draw] of Object.entries(KINDS)) {
  for (const steps of LENGTHS) {
    const all: Awaited<ReturnType<typeof resultOf>>[] = [];
    for (let seed = 0; seed < Number(seeds); seed++) all.push(await resultOf(draw, steps, seed));
    const sum = (value: (each: typeof all[number]) => number) =>
      all.reduce((total, each) => total + value(each), 0);
    const percent = (count: number) => `${Math.round(100 * count / all.length)} %`;
    const alarms = sum((each) => each.alarm), passed = sum((each) => each.passed);
    const figures = [
      `${steps}`,
      percent(sum((each) => each.changed)),
      percent(sum((each) => each.found)),
      median(all.map((each) => each.asOne)).toFixed(0),
      alarms === 0 ? `over ${passed}` : `${Math.round(passed / alarms)}`,
    ];
    console.log(`| ${kind} | ${figures.join(" | ")} |`);
  }
}
