/** The default detector on the command line: every command that takes a model accepts it. */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { TableScorer } from "../../mod.ts";
import { cellsOf, elbow, elbowOk, Folder, refused, tableCsv } from "./util.ts";

Deno.test("the default detector can be trained, inspected, scored, evaluated, and draws rows of the table", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(200, { anomalies: 4, label: true }));
  const out = folder.at("m");
  const fast = ["--epochs", "40", "--hidden", "8", "--latent", "2"];
  const trained = JSON.parse(
    await elbowOk("train", data, "--out", out, "--label", "kind", "--json", ...fast),
  );
  assert.equal(trained.label.anomalies, 4);
  assert.ok(trained.label.auroc > 0.9, `${trained.label.auroc}`);
  const inspected = JSON.parse(await elbowOk("inspect", out, "--json"));
  assert.deepEqual(inspected.ensemble.statistics, ["residual", "kl", "linear", "neighbours"]);
  assert.deepEqual(
    inspected.ensemble.views.map(({ view, members }: { view: string; members: number }) => [
      view,
      members,
    ]),
    [["arcsinh", 2], ["quantile", 2]],
  );
  assert.match(await elbowOk("inspect", out), /View quantile +4 features, 2 networks/);
  const columns = folder.write("rows.csv", tableCsv(200, { anomalies: 4 }));
  const verdicts = cellsOf(await elbowOk("score", out, columns)).slice(1);
  const scorer = await TableScorer.load(Deno.readFileSync(out));
  const rows = cellsOf(tableCsv(200, { anomalies: 4 })).slice(1).map((row) => row.map(Number));
  const scores = (await scorer.score(rows)).map(({ score }) => score);
  assert.deepEqual(verdicts.map(([, score]) => Number(score)), scores);
  // The last rows are off the plane, because something was added to column b.
  const blamed = verdicts.slice(-4).filter((row) => row[4].split(";").includes("b"));
  assert.ok(blamed.length >= 3, `${blamed.length} of 4`);
  const evaluated = JSON.parse(await elbowOk("evaluate", out, columns, "--json"));
  assert.ok(Number.isFinite(evaluated.elbo) && Number.isFinite(evaluated.logJacobian));
  // Rows of the table come back, up to what the network loses.
  const made = cellsOf(await elbowOk("reconstruct", out, columns));
  assert.deepEqual(made[0], ["a", "b", "c", "d"]);
  assert.equal(made.length, 201);
  // Drawn rows lie in the table's range; the two networks draw them in turn.
  const drawn = cellsOf(await elbowOk("sample", out, "--count", "400")).slice(1)
    .map((row) => row.map(Number));
  const table = cellsOf(tableCsv(200, { anomalies: 4 })).slice(1).map((row) => row.map(Number));
  drawn[0].forEach((_, c) => {
    const [low, high] = [Math.min, Math.max].map((of) => of(...table.map((row) => row[c])));
    const at = drawn.map((row) => row[c]).sort((a, b) => a - b);
    assert.ok(at[0] >= low - 1e-4 && at[399] <= high + 1e-4, `column ${c}`);
    assert.ok(at[0] < 0 && at[399] > 0 && at[40] > low && at[360] < high, `column ${c}`);
  });
  const first = scorer.fromVae(await scorer.vae.sample(20)).data;
  const sameCells = Array.from(
    { length: 20 },
    (_, r) => drawn[r].filter((value, c) => Math.abs(value - first[r * 4 + c]) < 1e-3).length,
  );
  for (let r = 0; r < 20; r++) {
    if (r % 2 === 0) assert.ok(sameCells[r] >= 3, `row ${r} is the first network's`);
    else assert.ok(sameCells[r] <= 1, `row ${r} is another's`);
  }
});

/**
 * Forty columns that two numbers determine but for a hundredth: their scores are of errors that int8 does not resolve.
 */
function nearlyExactCsv(rows: number): string {
  const random = new HostRandom(1, 0, 81), draw = () => random.uniformF64() - 0.5;
  const lines = Array.from({ length: rows }, () => {
    const [a, b] = [draw(), draw()];
    return Array.from(
      { length: 40 },
      (_, c) => a * Math.cos(c) + b * Math.sin(1.3 * c) + 0.01 * draw(),
    );
  });
  return [lines[0].map((_, c) => `c${c}`), ...lines, ""].join("\n");
}

Deno.test("a weights format that is refused after training loses nothing: the model is written in its own", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", nearlyExactCsv(300)),
    out = folder.at("m"),
    exact = folder.at("e");
  const latent = ["--latent", "2", "--epochs", "40", "--seed", "1"],
    int8 = ["--weights-format", "int8"];
  await elbowOk("train", data, "--out", exact, ...latent);
  const commands = [["train", data, ...latent], ["update", exact, data, "--epochs", "1"]];
  for (const [command, ...given] of commands) {
    const { status, stdout, stderr } = await elbow([command, ...given, "--out", out, ...int8]);
    assert.equal(status, 2, stderr);
    assert.match(stdout, /^Trained /m);
    assert.match(
      stderr,
      /Cannot save as int8: scores must .*, got 0\.9\d+: \/.*\/m has the model as f16\n$/,
    );
    if (command === "train") assert.deepEqual(Deno.readFileSync(out), Deno.readFileSync(exact));
    else assert.match(await elbowOk("score", out, data), /^row,score/);
    Deno.removeSync(out);
  }
  // In place, a failed update may be repeated, so it must not have happened.
  const before = Deno.readFileSync(exact), update = ["update", exact, data, "--out", exact];
  assert.match(
    await refused(...update, "--epochs", "1", ...int8),
    /Cannot save as int8: scores must .*, got 0\.9\d+: \/.*\/e is unchanged\n$/,
  );
  assert.deepEqual(Deno.readFileSync(exact), before);
  assert.match(await elbowOk(...update, "--epochs", "1"), /^Trained further on/m);
  assert.notDeepEqual(Deno.readFileSync(exact), before);
});
