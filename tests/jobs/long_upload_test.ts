/** An upload of more rows than train (ADR 67). Oracle: `elbow train` with the same file gives the same bytes. */
import assert from "node:assert/strict";
import { digestOf } from "../../src/http/mod.ts";
import { workOf } from "../../src/jobs/budget.ts";
import { trainJob } from "../../src/jobs/train_job.ts";
import { elbowOk, Folder } from "../cli/util.ts";
import { jobsApp } from "./app.ts";

const ROWS = 1_000_500;
const SETTINGS = { hidden: [2], latent: 1, epochs: 1, batchSize: 4096 };

Deno.test("an upload of more than a million rows trains on a sample, as elbow train does, at the cost of the sample", async () => {
  using folder = new Folder();
  const lines = Array.from({ length: ROWS }, (_, r) => (r * 7919) % 97);
  const bytes = new TextEncoder().encode(`n\n${lines.join("\n")}\n`);
  const out = folder.at("m.safetensors"),
    options = ["--preset", "small", "--hidden", "2", "--latent", "1"];
  await Deno.writeFile(folder.at("t.csv"), bytes);
  await elbowOk(
    ...["train", folder.at("t.csv"), "--out", out, "--epochs", "1", "--batch-size", "4096"],
    ...options,
  );
  const maxWork = workOf({ rows: 1_000_100, columns: 1, settings: SETTINGS });
  await using app = await jobsApp({ limits: { maxWork } });
  app.work();
  await app.client.putUpload("t.csv", bytes);
  const { id } = await app.client.train("m", { upload: "t.csv" }, SETTINGS);
  const { state, result, error } = await app.client.waitForJob(id);
  assert.equal(state, "succeeded", error);
  assert.equal(result!.digest, await digestOf(await Deno.readFile(out)));
  assert.equal(result!.rows, ROWS);
  assert.match(
    `${result!.warnings}`,
    /^1000000 of 1000500 rows train and calibrate, a random sample/,
  );
});

Deno.test("a spec is trained on a sample of such an upload as well, at the cost of the sample", async () => {
  const lines = Array.from({ length: ROWS }, (_, r) => `${(r * 7919) % 97},${r % 31}`);
  const bytes = new TextEncoder().encode(`a,b\n${lines.join("\n")}\n`);
  const settings = { spec: { type: "ppca", latent: 1 }, epochs: 2 };
  const size = { columns: 2, settings };
  const spec = { source: "t.csv", settings, maxWork: workOf({ rows: 1_000_100, ...size }) };
  const { rows, warnings } = await trainJob(spec, bytes, {
    device: {},
    checkpoint: { everySeconds: 1, read: () => Promise.resolve(undefined), write: async () => {} },
    signal: new AbortController().signal,
    onProgress: () => {},
  });
  assert.equal(rows, ROWS);
  assert.deepEqual(warnings, ["1000000 of 1000500 rows train, a random sample"]);
});
