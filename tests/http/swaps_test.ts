/** Ten thousand scores while the model is replaced a thousand times: each belongs to exactly one version. */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { digestOf, memoryStore } from "../../src/http/mod.ts";
import { createApp } from "./util.ts";

const SCORES = 10_000, SWAPS = 1000, MODELS = 8, PARTS = 300;

Deno.test(`${SCORES} scores during ${SWAPS} swaps: every score matches exactly one version`, async () => {
  // The models differ in every score, so the digest in the answer tells which one must have made it.
  const rows = Array.from({ length: PARTS }, (_, r) => [Math.sin(r), Math.cos(r)]);
  const expected = new Map<string, number[]>(), files: Uint8Array[] = [];
  for (let seed = 1; seed <= MODELS; seed++) {
    const model = VAE.create({ inputs: 2, latent: [{ size: 1 }] }, { seed });
    const bytes = model.save();
    files.push(bytes);
    expected.set(await digestOf(bytes), [...await model.score(rows)]);
  }
  assert.equal(new Set([...expected.values()].map(([score]) => score)).size, MODELS);

  const admin = "swap-token";
  const hash = await digestOf(new TextEncoder().encode(admin));
  const app = createApp({
    models: await memoryStore({ m: files[0] }),
    tokens: [{ hash, scopes: ["score", "admin"] }],
    maxInFlight: SCORES,
  });
  const headers = { authorization: `Bearer ${admin}` };
  const digestOfVersion = new Map<number, string>([[1, await digestOf(files[0])]]);
  const swap = async () => {
    for (let i = 1; i <= SWAPS; i++) {
      const response = await app.request("/v1/models/m", {
        method: "PUT",
        headers: { ...headers, "content-type": "application/octet-stream" },
        body: files[i % MODELS] as BodyInit,
      });
      assert.equal(response.status, 201);
      const { version, digest } = await response.json();
      digestOfVersion.set(version, digest);
    }
  };
  const seen = new Set<number>();
  const score = async (i: number) => {
    // One in a hundred is long enough to be computed in parts, between which swaps happen.
    const count = i % 100 === 0 ? PARTS : 1, first = count === 1 ? i % PARTS : 0;
    const body = new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => setTimeout(resolve, i % 10));
        const some = rows.slice(first, first + count);
        controller.enqueue(new TextEncoder().encode(JSON.stringify({ rows: some })));
        controller.close();
      },
    });
    const response = await app.request("/v1/models/m/score", {
      method: "POST",
      headers: { ...headers, "content-type": "application/json" },
      body,
    });
    const answer = await response.json();
    const scores = answer.rows.map((row: { score: number }) => row.score);
    assert.deepEqual(scores, expected.get(answer.digest)!.slice(first, first + count));
    seen.add(answer.version);
    return [answer.version, answer.digest] as const;
  };
  const swapping = swap();
  const answers: (readonly [number, string])[] = [];
  const waves = 100;
  for (let wave = 0; wave < waves; wave++) {
    const each = Array.from(
      { length: SCORES / waves },
      (_, i) => score(wave * (SCORES / waves) + i),
    );
    answers.push(...await Promise.all(each));
  }
  await swapping;
  for (const [version, digest] of answers) assert.equal(digestOfVersion.get(version), digest);
  assert.equal(answers.length, SCORES);
  assert.ok(seen.size > 20, `${seen.size} versions were seen`);
});
