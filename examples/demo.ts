/**
 * The main job from end to end, on the table in examples/data: train a detector without the label, score every row, and
 * check the scores against the label. The table contains the anomalies that are looked for, so the training is robust.
 * It does what `elbow train`, `score` and `evaluate` do; `score_rows.ts` shows the library in a program.
 *
 *     deno task demo
 */
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { evaluate } from "../src/cli/commands/evaluate.ts";
import { evaluateSections } from "../src/cli/evaluate/report.ts";
import { writeAtomically } from "../src/cli/files/files.ts";
import { denoIo, type Io } from "../src/cli/io.ts";
import { loadModel } from "../src/cli/models/model.ts";
import { scoreTable } from "../src/cli/score/score_table.ts";
import { type ScoredTable, scoresCsv } from "../src/cli/score/scored.ts";
import { report } from "../src/cli/text/text.ts";
import { train } from "../src/cli/commands/train.ts";
import type { TrainOptions } from "../src/cli/train/option.ts";

const LABEL = "label";
const SHOWN_ROWS = 10;

/** Trains, scores and reports; writes `model.safetensors` and `scores.csv` to the folder. */
export async function demo(
  data: string,
  folder: string,
  options: TrainOptions,
  io: Io,
): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  const [modelPath, scoresPath] = [`${folder}/model.safetensors`, `${folder}/scores.csv`];

  const { detector, table } = await train(data, { ...options, label: LABEL, out: modelPath }, io);
  detector.dispose();

  using model = await loadModel(modelPath);
  const scored = await scoreTable(model, data, {}, io);
  await writeAtomically(scoresPath, scoresCsv(scored));
  const evaluated = await evaluate(model, data, { label: LABEL }, io);

  io.stdout(`\n${report(evaluateSections(evaluated))}\n${mostAnomalous(scored, table.label!)}\n`);
  io.stdout(`Files written\n  ${modelPath}\n  ${scoresPath}\n`);
}

/** The rows with the highest scores, and how many nats their worst columns add. */
function mostAnomalous(scored: ScoredTable, label: Float64Array): string {
  const order = Array.from(scored.scores, (_, r) => r)
    .sort((a, b) => scored.scores[b] - scored.scores[a]);
  const lines = order.slice(0, SHOWN_ROWS).map((index) => {
    const { row, score, pValue, topColumns, contributions } = scored.row(index);
    const blame = topColumns.map((name) => `${name} +${contributions![name].toFixed(1)}`);
    const cells = [row, score.toFixed(1), pValue!.toFixed(4), label[index] ? "anomaly" : "normal"];
    return [...cells.map((cell) => String(cell).padStart(9)), `  ${blame.join(", ")}`].join("");
  });
  return [
    `The ${SHOWN_ROWS} most anomalous rows, and the columns to blame (nats)`,
    "      row    score  p-value    label",
    ...lines,
  ].join("\n") + "\n";
}

if (import.meta.main) {
  const data = fileURLToPath(new URL("data/thyroid.csv", import.meta.url));
  await demo(relative(Deno.cwd(), data), "build/demo", { robust: true, seed: 1 }, denoIo());
}
