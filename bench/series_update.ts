/**
 * What an update of a series keeps and learns: `deno task bench:series-update`. 3,000 steps of four sensors train; in
 * the 1,500 that come later all runs slower and two sensors have moved. Each model then scores 3,000 fresh steps as
 * before and 3,000 as later, normal ones and some with a fault in one sensor. Prints means over the seeds.
 */
import { parseArgs } from "node:util";
import { normal } from "../src/core/random/draws.ts";
import { HostRandom } from "../src/core/random/philox.ts";
import { Detector } from "../src/detection/detector.ts";
import { auroc } from "../src/scoring/metrics.ts";
import { mean } from "./lib/statistics.ts";

const { values: { seeds } } = parseArgs({ options: { seeds: { type: "string", default: "20" } } });

const STEPS = 3000, NEW_STEPS = 1500;

/** The second sensor reads too high for 10 steps in 200. */
const isFault = (t: number) => t % 200 >= 100 && t % 200 < 110;

interface Kind {
  readonly isLater: boolean;
  readonly hasFaults?: boolean;
}

function draw(steps: number, random: HostRandom, { isLater, hasFaults }: Kind): number[][] {
  const speed = isLater ? 1 / 11 : 1 / 7, noise = () => normal(random);
  let wander = 0;
  return Array.from({ length: steps }, (_, t) => {
    wander = 0.9 * wander + 0.3 * noise();
    return [
      (isLater ? 1.5 : 0) + Math.sin(t * speed) + 0.1 * noise(),
      (isLater ? 0.5 : 1) * Math.cos(t * speed) + 0.1 * noise() +
      (hasFaults && isFault(t) ? 0.8 : 0),
      wander + 0.2 * noise(),
      0.7 * wander + 0.2 * noise() + (isLater ? 0.5 * Math.sin(t * speed) : 0),
    ];
  });
}

/** Share flagged of normal steps, and AUROC, of steps as before and as later. */
async function figures(detector: Detector, seed: number): Promise<number[]> {
  const found: number[] = [];
  for (const isLater of [false, true]) {
    const normalSteps = draw(STEPS, new HostRandom(seed, 1, 5), { isLater });
    const faulty = draw(STEPS, new HostRandom(seed, 2, 5), { isLater, hasFaults: true });
    const flags = (await detector.score(normalSteps)).filter(({ anomaly }) => anomaly).length;
    const scores = (await detector.score(faulty)).map(({ score }) => score);
    const labels = Uint8Array.from(scores, (_, t) => Number(isFault(t)));
    found.push(flags / STEPS, auroc(Float64Array.from(scores), labels));
  }
  detector.dispose();
  return found;
}

const models: Readonly<Record<string, (old: number[][], later: number[][]) => Promise<Detector>>> =
  {
    "as trained": (old) => Detector.fit(old, { window: 24 }),
    "recalibrated on the later steps": async (old, later) => {
      const detector = await Detector.fit(old, { window: 24 });
      detector.recalibrate(later);
      return detector;
    },
    "updated with them": async (old, later) => {
      const detector = await Detector.fit(old, { window: 24 });
      await detector.partialFit(later);
      return detector;
    },
    "trained on them alone": (_, later) => Detector.fit(later, { window: 24 }),
    "trained on all": (old, later) => Detector.fit([...old, ...later], { window: 24 }),
  };

console.log("| model | flagged as before | AUROC as before | flagged as later | AUROC as later |");
console.log("| --- | ---: | ---: | ---: | ---: |");
for (const [name, train] of Object.entries(models)) {
  const all: number[][] = [];
  for (let seed = 0; seed < Number(seeds); seed++) {
    const random = new HostRandom(seed, 0, 5);
    const old = draw(STEPS, random, { isLater: false });
    const later = draw(NEW_STEPS, random, { isLater: true });
    all.push(await figures(await train(old, later), seed));
  }
  const cells = [0, 1, 2, 3].map((i) => {
    const value = mean(all.map((each) => each[i]));
    return i % 2 ? value.toFixed(3) : `${(100 * value).toFixed(1)} %`;
  });
  console.log(`| ${name} | ${cells.join(" | ")} |`);
}
