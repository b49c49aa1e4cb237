/**
 * Exports a detector as ONNX and runs it in onnxruntime-web. The other program needs only two files: `score.onnx`,
 * which turns rows into scores and contributions, and `table.json`, which says how cells become numbers.
 *
 *     deno run --allow-read --allow-env examples/onnx.ts
 */
import * as ort from "npm:onnxruntime-web@1.30.0";
import { Detector } from "../mod.ts";
import { exportModel } from "../src/exports/mod.ts";

// Payments: the amount depends on the kind of customer and varies over orders of magnitude.
const rows = Array.from({ length: 600 }, (_, i) => {
  const trade = i % 3 === 0, spread = Math.sin(7 * i) + Math.cos(11 * i);
  return {
    amount: Math.round(1000 * Math.exp((trade ? 6 : 2) + spread)) / 1000,
    customer: trade ? "trade" : "private",
    items: 1 + (i * i) % (trade ? 40 : 4),
  };
});
const detector = await Detector.fit(rows, { seed: 1 });
const files = exportModel(detector, { format: "onnx" });

// Everything below needs only the two files: it could be another program.
const { columns, threshold } = JSON.parse(new TextDecoder().decode(files.get("table.json")));
const asked = [rows[0], { amount: 500, customer: "private", items: 2 }];
const cells = asked.flatMap((row) =>
  columns.map(({ name, levels }: { name: keyof typeof row; levels?: string[] }) => {
    if (!levels) return row[name];
    const at = levels.indexOf(`${row[name]}`);
    return at < 0 ? levels.length : at;
  })
);
const session = await ort.InferenceSession.create(files.get("score.onnx")!);
const outputs = await session.run({
  rows: new ort.Tensor("float64", Float64Array.from(cells), [asked.length, columns.length]),
});
const scores = outputs.score.data as Float32Array;
const blame = (outputs.contributions.data as Float32Array).slice(columns.length);
const worst = columns[blame.indexOf(Math.max(...blame))].name;
console.log(
  `threshold ${threshold.toFixed(2)}: usual ${scores[0].toFixed(2)}, odd ${
    scores[1].toFixed(2)
  }, by ${worst}`,
);

const own = await detector.score(asked);
const agrees = own.every(({ score, anomaly }, r) =>
  Math.abs(score - scores[r]) < 1e-3 * Math.max(1, score) && anomaly === scores[r] > threshold
);
if (!agrees || scores[1] <= threshold) {
  throw new RangeError(
    "Expected the graph to say what the detector says, and the odd row to be odd",
  );
}
