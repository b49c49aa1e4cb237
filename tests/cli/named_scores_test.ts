/** `elbow score --method` against the library called directly. */
import assert from "node:assert/strict";
import { Detector, type VAE } from "../../mod.ts";
import { readTable } from "../../src/formats/mod.ts";
import { elbow, elbowOk, Folder, QUICK, refused, tableCsv } from "./util.ts";

Deno.test("elbow score --method gives what VAE.score() gives for the standardised rows, also by --backend reference", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(60)), normal = folder.write("n.csv", tableCsv(40));
  const model = folder.at("m.safetensors");
  await elbowOk("train", data, "--out", model, "--preset", "small", ...QUICK);
  const bytes = Deno.readFileSync(model), detector = await Detector.load(bytes);
  const { vae: inFloat64 } = await Detector.load(bytes, { backend: "reference" });
  const rows = detector.toVae(readTable(data, Deno.readFileSync(data)));
  const reference = detector.toVae(readTable(normal, Deno.readFileSync(normal)));
  for (const method of ["squaredError", "mahalanobis"] as const) {
    const own = await (detector.vae as VAE).score(rows, { method, reference });
    const beside = method === "mahalanobis" ? ["--reference", normal] : [];
    const asked = ["score", model, data, "--method", method, ...beside];
    const said = JSON.parse(await elbowOk(...asked, "--json"));
    assert.equal(said.method, method);
    assert.deepEqual(said.scores.map(({ score }: { score: number }) => score), [...own]);
    const other = await (inFloat64 as VAE).score(rows, { method, reference });
    assert.notDeepEqual(other, own);
    const byReference = JSON.parse(await elbowOk(...asked, "--backend", "reference", "--json"));
    assert.deepEqual(byReference.scores.map(({ score }: { score: number }) => score), [...other]);
    const { stdout, stderr } = await elbow(asked);
    assert.equal(stdout.split("\n")[1], `1,${own[0]},,,`);
    assert.match(
      stderr,
      new RegExp(`60 rows scored by ${method}: without p-values, no row is flagged`),
    );
  }
  assert.match(
    await refused("score", model, data, "--method", "dose"),
    /'--method dose' needs '--reference <table>'/,
  );
  assert.match(await refused("score", model, data, "--method", "best"), /--method/);
  assert.match(
    await refused("score", model, data, "--method", "kl", "--fdr", "0.1"),
    /cannot be used/,
  );
});
