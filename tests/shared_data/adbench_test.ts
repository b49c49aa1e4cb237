/**
 * Every table of ADBench through the command line: train, score, evaluate. Needs ../shared/data beside the checkout
 * (`deno task test:data`). Oracles: the shapes and labels stated in the folder's README, and AUROC computed here from
 * the written scores, by its definition over ranks.
 */
import assert from "node:assert/strict";
import { readTable } from "../../src/formats/mod.ts";
import { assertRelative } from "../util/close.ts";

const FOLDER = new URL("../../../shared/data/tabular-adbench/", import.meta.url);
const MAIN = new URL("../../src/cli/main.ts", import.meta.url);

/** File, rows, columns, anomalies: the README of the folder. */
const TABLES = [
  ["2_annthyroid", 7200, 6, 534],
  ["4_breastw", 683, 9, 239],
  ["6_cardio", 1831, 21, 176],
  ["7_Cardiotocography", 2114, 21, 466],
  ["12_fault", 1941, 27, 673],
  ["16_http", 567498, 3, 2211],
  ["18_Ionosphere", 351, 32, 126],
  ["20_letter", 1600, 32, 100],
  ["23_mammography", 11183, 6, 260],
  ["24_mnist", 7603, 100, 700],
  ["25_musk", 3062, 166, 97],
  ["26_optdigits", 5216, 64, 150],
  ["32_shuttle", 49097, 9, 3511],
  ["35_SpamBase", 4207, 57, 1679],
  ["38_thyroid", 3772, 6, 93],
  ["40_vowels", 1456, 12, 50],
  ["44_Wilt", 4819, 5, 257],
] as const;

async function elbow(...words: string[]): Promise<string> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--allow-all", "--no-check", MAIN.href, ...words],
  }).output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout);
}

/** P(score of an anomaly > score of a normal row), ties count half: from the ranks. */
function aurocOf(scores: readonly number[], label: readonly number[]): number {
  const order = [...scores.keys()].sort((a, b) => scores[a] - scores[b]);
  let [ranks, anomalies] = [0, 0];
  for (let first = 0; first < order.length;) {
    let end = first;
    while (end < order.length && scores[order[end]] === scores[order[first]]) end++;
    const rank = (first + 1 + end) / 2;
    for (; first < end; first++) {
      if (label[order[first]] === 0) continue;
      ranks += rank;
      anomalies++;
    }
  }
  const normal = scores.length - anomalies;
  return (ranks - anomalies * (anomalies + 1) / 2) / (anomalies * normal);
}

async function labelOf(path: string): Promise<number[]> {
  return Array.from(readTable(path, await Deno.readFile(path)).label!);
}

for (const [name, rows, columns, anomalies] of TABLES) {
  Deno.test(`${name} goes through train, score and evaluate`, async () => {
    const data = new URL(`${name}.npz`, FOLDER).pathname;
    const folder = await Deno.makeTempDir();
    const model = `${folder}/model.elbow`;
    try {
      const trained = JSON.parse(
        await elbow("train", data, "--out", model, "--seed", "1", "--json"),
      );
      assert.equal(trained.rows, rows);
      assert.equal(trained.columns.length, columns);
      assert.equal(trained.label.anomalies, anomalies);
      assert.equal(trained.skippedSteps, 0);

      await elbow("score", model, data, "--out", `${folder}/scores.csv`);
      const [header, ...lines] = (await Deno.readTextFile(`${folder}/scores.csv`)).trim().split(
        "\n",
      );
      assert.equal(header.trim(), "row,score,p_value,anomaly,top_columns");
      assert.equal(lines.length, rows);
      const cells = lines.map((line) => line.split(","));
      const scores = cells.map(([, score]) => Number(score));
      assert.ok(scores.every(Number.isFinite));
      assert.ok(cells.every(([, , p]) => Number(p) > 0 && Number(p) <= 1));

      const evaluated = JSON.parse(
        await elbow("evaluate", model, data, "--samples", "2", "--json"),
      );
      assert.ok(evaluated.logLikelihood >= evaluated.elbo);
      assert.equal(evaluated.label.auroc, trained.label.auroc);
      const auroc = aurocOf(scores, await labelOf(data));
      // Scores are written with all digits: the same numbers, summed in another order.
      assertRelative(evaluated.label.auroc, auroc, 1e-9, 0, "AUROC");
      console.log(`${name}: AUROC ${auroc.toFixed(4)}`);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
