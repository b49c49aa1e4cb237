/** `elbow doctor`, and what `elbow train` refuses for the same reasons. */
import assert from "node:assert/strict";
import { describeAdapter } from "../../src/backends/open.ts";
import { elbow, TEST_ADAPTER } from "./util.ts";

Deno.test("elbow doctor passes its own test", async () => {
  const { stdout } = await elbow(["doctor", "--json"]);
  const { deno, simd, auto, selfTest } = JSON.parse(stdout);
  assert.equal(deno, Deno.version.deno);
  assert.equal(simd, true);
  assert.equal(selfTest.passed, true);
  if (auto.backend === "wasm") assert.ok(selfTest.difference < 1e-3);
  const text = (await elbow(["doctor"])).stdout;
  assert.match(text, /^Self-test +passed/m);
  assert.match(text, /^GPU +Test adapter \(hardware\)$/m);
  assert.match(text, /^ {2}features +shader-f16$/m);
  assert.match(text, /^ {2}largest binding +128 MiB/m);
  assert.match(text, /^ {2}training +auto tries it for runs of 1e\+12 operations/m);
});

Deno.test("elbow doctor shows all features of a GPU in lines of 80 characters", async () => {
  const features = Array.from({ length: 15 }, (_, i) => `feature-${"x".repeat(2 * i)}${i}`);
  const gpu = () => Promise.resolve({ ...TEST_ADAPTER, features });
  const lines = (await elbow(["doctor"], { gpu })).stdout.split("\n");
  const first = lines.findIndex((line) => line.startsWith("  features"));
  const last = lines.findIndex((line) => line.startsWith("  largest binding"));
  const shown = lines.slice(first, last);
  assert.deepEqual(shown.filter((line) => line.length > 80), []);
  assert.equal(new Set(shown.map((line) => line.indexOf("feature-"))).size, 1, "in one column");
  const words = shown.map((line) => line.replace("  features", "").trim()).join(" ");
  assert.deepEqual(words.split(", "), features);
});

Deno.test("elbow doctor says why auto would not train on the GPU", async () => {
  const software = { ...TEST_ADAPTER, software: true };
  const { stdout } = await elbow(["doctor"], { gpu: () => Promise.resolve(software) });
  assert.match(stdout, /^GPU +Test adapter \(software\)$/m);
  assert.match(stdout, /^ {2}training +only with --backend webgpu/m);
  const { stdout: without } = await elbow(["doctor", "--json"], { gpu: noAdapter });
  assert.deepEqual(JSON.parse(without).gpu, {
    ...{ adapter: false, auto: false },
    reason: 'Cannot use backend "webgpu": there is no adapter',
  });
});

Deno.test("elbow train --backend webgpu is refused without an adapter, before the table is read", async () => {
  const args = ["train", "no such table.csv", "--backend", "webgpu", "--out", "no.elbow"];
  const { status, stderr } = await elbow(args, { gpu: noAdapter });
  assert.notEqual(status, 0);
  assert.match(stderr, /Cannot use backend "webgpu": there is no adapter/);
});

const noAdapter = () =>
  describeAdapter({ gpu: { requestAdapter: () => Promise.resolve(null) } as unknown as GPU });
