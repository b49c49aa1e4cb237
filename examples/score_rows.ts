/**
 * Trains a detector, scores two rows and names the column to blame.
 *
 *     deno run examples/score_rows.ts
 */
import { Detector } from "../mod.ts";

// A pump in two states: pressure and flow rise together, temperature does not depend on them.
const rows = Array.from({ length: 500 }, (_, i) => {
  const load = i % 2 + 0.1 * Math.sin(i);
  return {
    pressure: 3 + load,
    flow: 10 + 4 * load + 0.1 * Math.cos(7 * i),
    temperature: 20 + Math.sin(i / 9),
  };
});

const detector = await Detector.fit(rows, { falseAlarmRate: 0.01, seed: 1 });
const [usual, leak] = await detector.score([rows[0], { ...rows[0], flow: 5 }]);
const [worst] = Object.entries(leak.contributions).sort((a, b) => b[1] - a[1])[0];
console.log(
  `usual: p = ${usual.pValue.toFixed(3)}; leak: p = ${leak.pValue.toFixed(3)}, blame ${worst}`,
);

if (usual.anomaly || !leak.anomaly || worst !== "flow") {
  throw new RangeError("Expected a leak in flow");
}
