/** The second look at flagged rows. Oracle: the score "regret" of the network itself, row by row. */
import assert from "node:assert/strict";
import { Detector, type DetectorOptions, VAE } from "../../mod.ts";
import { SecondLook } from "../../src/detection/second_look.ts";
import { toCells } from "../../src/scoring/table/table_rows.ts";
import { assertRelative } from "../util/close.ts";
import { planeRows } from "../util/data.ts";

const ROWS = planeRows(300, 5, 7);
const ODD = ROWS.slice(0, 6).map((row, r) => row.with(r % 5, row[r % 5] + 9));
const NETWORK: DetectorOptions = { preset: "small", hidden: [8], latent: 2, epochs: 15, seed: 3 };

/** `VAE.score` of the network's own rows. */
async function regretsOf({ vae }: Detector, rows: Parameters<VAE["score"]>[0]) {
  const values = new Map([...vae.parameters()].map(([name, { data }]) => [name, data]));
  const own = new VAE(vae.spec, values), regrets = await own.score(rows, { method: "regret" });
  own.dispose();
  return regrets;
}

for (const options of [NETWORK, { members: 1, epochs: 3, seed: 3 }]) {
  Deno.test(`Detector.score() takes a second look at flagged rows only: ${options.preset ?? "ensemble"}`, async () => {
    const detector = await Detector.fit(ROWS, options), rows = [...ROWS.slice(0, 20), ...ODD];
    const verdicts = await detector.score(rows, { secondLook: true });
    const plain = await detector.score(rows);
    assert.deepEqual(verdicts.map(({ regret: _, ...verdict }) => verdict), plain);
    const flagged = [...rows.keys()].filter((r) => verdicts[r].anomaly);
    assert.ok(flagged.length >= 4 && flagged.length < 20, `${flagged.length}`);
    for (const { anomaly, regret } of verdicts) assert.equal(regret !== undefined, anomaly);
    const got = flagged.map((r) => verdicts[r].regret!);
    const want = await regretsOf(detector, detector.standardize(flagged.map((r) => rows[r])));
    // The same draws, computed by a program that has a mask beside each row.
    assertRelative(got, want, 1e-3, 1e-3);
    assert.ok(got.some((nats) => nats > 0.01));
    // A single row has the same bits.
    for (const [i, r] of flagged.entries()) {
      const [{ regret }] = await detector.score([rows[r]], { secondLook: true });
      assert.equal(regret, got[i]);
    }
    detector.dispose();
  });
}

Deno.test("SecondLook scores rows with missing cells alike, whichever rows are beside them", async () => {
  const withGaps = (rows: number[][]) =>
    rows.map((row, r) => r % 3 === 0 ? row.with(r % 5, NaN) : row);
  for (const training of [ROWS, withGaps(ROWS)]) {
    const detector = await Detector.fit(training, NETWORK), rows = withGaps(ODD);
    assert.equal(detector.vae.spec.missing !== undefined, training !== ROWS);
    const second = new SecondLook(detector), cells = toCells(rows, detector.schema);
    const regrets = await second.regrets(cells, () => true);
    assert.ok(regrets.every((nats) => nats >= 0 && nats < 1e3), `${regrets}`);
    for (const [r, row] of rows.entries()) {
      const [alone] = await second.regrets(toCells([row], detector.schema), () => true);
      assert.equal(alone, regrets[r]);
    }
    assert.deepEqual(
      [...await second.regrets(cells, (r) => r === 2)],
      [...regrets].map((nats, r) => r === 2 ? nats : NaN),
    );
    second.dispose();
    detector.dispose();
  }
});

Deno.test("a series has no second look, and a linear one nothing to be seen by it", async () => {
  const detector = await Detector.fit(ROWS, { window: 4, seed: 1 });
  const odd = ROWS.slice(0, 40).with(20, ROWS[20].map((value) => value + 90));
  await assert.rejects(
    detector.score(odd, { secondLook: true }),
    /Cannot take a second look: the model scores a series, in windows of 4 .*method "regret" gives/,
  );
  const windows = detector.standardize(odd);
  const regrets = await regretsOf(detector, windows), scores = await detector.score(odd);
  assert.ok(scores[20].anomaly && scores[20].score > 100);
  // Its q(z | x) is exact: what remains is float32, relative to a bound of this size.
  assert.ok(Math.max(...regrets) < 1e-6 * scores[20].score, `${Math.max(...regrets)}`);
  detector.dispose();
});
