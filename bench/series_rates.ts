/**
 * How many steps of an unchanged series are flagged at a false-alarm rate of 1 %: `deno task bench:series-rates`. Each
 * series is random; its first steps train, and the next 4,000, of the same kind, are scored. Prints the mean, median
 * and largest share over the seeds, and how many of the fits warn of too few windows, and of far steps.
 */
import { parseArgs } from "node:util";
import { mean, median } from "./lib/statistics.ts";
import { HostRandom } from "../src/core/random/philox.ts";
import { normal } from "../src/core/random/draws.ts";
import { Detector } from "../src/detection/detector.ts";

const { values: { seeds } } = parseArgs({ options: { seeds: { type: "string", default: "20" } } });

const SCORED = 4000;

/** Steps that train, and steps of a window. */
const SIZES = [[400, 20], [2000, 20], [3000, 100], [12_000, 100]] as const;

type Draw = (random: HostRandom, steps: number) => number[][];

/** x_t = a x_(t-1) + √(1 - a²) e_t. */
const autoregression = (a: number): Draw => (random, steps) => {
  let state = normal(random);
  const next = () => [state = a * state + Math.sqrt(1 - a * a) * normal(random)];
  return Array.from({ length: steps }, next);
};

const KINDS: Readonly<Record<string, Draw>> = {
  "autoregression, 0.9": autoregression(0.9),
  "autoregression, 0.99": autoregression(0.99),
  "two sensors, periodic": (random, steps) =>
    Array.from(
      { length: steps },
      (_, t) =>
        [Math.sin(t / 15) + 0.3 * Math.sin(t / 5), Math.cos(t / 15)]
          .map((value) => value + 0.2 * normal(random)),
    ),
  "log-normal noise": (random, steps) =>
    Array.from({ length: steps }, () => [Math.exp(1.2 * normal(random))]),
};

async function flaggedOf(draw: Draw, steps: number, window: number, seed: number) {
  const rows = draw(new HostRandom(seed, 0, 99), steps + SCORED);
  const detector = await Detector.fit(rows.slice(0, steps), { window });
  const verdicts = await detector.score(rows.slice(steps));
  const says = (what: RegExp) => Number(detector.warnings.some((each) => what.test(each)));
  const said = [says(/do not overlap/), says(/far above the rest/)];
  detector.dispose();
  return { share: verdicts.filter(({ anomaly }) => anomaly).length / SCORED, said };
}

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;

console.log("| series | steps, window | mean | median | largest | said: few windows | far steps |");
console.log("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
for (const [kind, draw] of Object.entries(KINDS)) {
  for (const [steps, window] of SIZES) {
    const all: Awaited<ReturnType<typeof flaggedOf>>[] = [];
    for (let seed = 0; seed < Number(seeds); seed++) {
      all.push(await flaggedOf(draw, steps, window, seed));
    }
    const shares = all.map(({ share }) => share);
    const figures = [mean(shares), median(shares), Math.max(...shares)].map(percent);
    const said = [0, 1].map((i) => all.reduce((sum, each) => sum + each.said[i], 0));
    console.log(
      `| ${kind} | ${steps}, ${window} | ${figures.join(" | ")} | ${said.join(" | ")} |`,
    );
  }
}
