/**
 * Conditional models over HTTP: rows end with their condition, and `sample` gets one. Oracle: the library's results,
 * with the condition given separately.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { createApp, lists, post, problemOf } from "./util.ts";

const VAE_GIVEN = VAE.create({
  inputs: 2,
  condition: 3,
  latent: [{ size: 1 }],
  likelihood: { type: "bernoulli" },
}, { seed: 1 });
const APP = createApp({ models: { given: VAE_GIVEN } });
const X = [[1, 0], [0, 1]], C = [[1, 0, 0], [0, 0.5, -7]];
const ROWS = X.map((x, r) => [...x, ...C[r]]);

async function answer(verb: string, body: unknown): Promise<Record<string, unknown>> {
  const response = await post(`given/${verb}`, body, APP);
  assert.equal(response.status, 200);
  return await response.json();
}

Deno.test("the rows of a conditional model end with their condition, for every verb", async () => {
  const described = await (await APP.request("/v1/models/given")).json();
  assert.deepEqual(described.columns, ["x0", "x1", "c0", "c1", "c2"]);
  const condition = C;
  const scores = [...await VAE_GIVEN.score(X, { condition })];
  assert.deepEqual(
    (await answer("score", { rows: ROWS })).rows,
    scores.map((score) => ({ score })),
  );
  const { mean, logVar } = await VAE_GIVEN.encode(X, { condition });
  const encoded = lists(mean).map((row, r) => ({ mean: row, logVar: lists(logVar)[r] }));
  assert.deepEqual((await answer("encode", { rows: ROWS })).rows, encoded);
  const made = await answer("reconstruct", { rows: ROWS });
  assert.deepEqual(made.rows, lists(await VAE_GIVEN.reconstruct(X, { condition })));
  assert.deepEqual(made.columns, ["x0", "x1"]);
  const z = lists(mean).map((row, r) => [...row, ...C[r]]);
  assert.deepEqual((await answer("decode", { rows: z })).rows, made.rows);
  const likelihood = await answer("log-likelihood", { rows: ROWS, samples: 5, seed: 2 });
  const expected = await VAE_GIVEN.logLikelihood(X, { condition, samples: 5, seed: 2 });
  const values = [...expected].map((logLikelihood) => ({ logLikelihood }));
  assert.deepEqual(likelihood.rows, values);
  const named = [{ x0: 1, x1: 0, c0: 1, c1: 0, c2: 0 }];
  const [first] = (await answer("score", { rows: named })).rows as { score: number }[];
  assert.equal(first.score, scores[0]);
});

Deno.test("a conditional model samples under the condition of the request", async () => {
  const sampled = await answer("sample", { count: 4, seed: 3, condition: C[1] });
  const condition = new Array<number[]>(4).fill(C[1]);
  assert.deepEqual(sampled.rows, lists(await VAE_GIVEN.sample(4, { seed: 3, condition })));
  for (const body of [{ count: 2 }, { count: 2, condition: [1] }]) {
    const problem = await problemOf(await post("given/sample", body, APP), "invalid-body");
    assert.deepEqual(problem.errors?.map((each) => each.pointer), ["/condition"]);
    assert.match(problem.detail, /condition must be 3 numbers, got/);
  }
});

Deno.test("a row without a condition, or with a cell that the likelihood cannot take, is named", async () => {
  const short = await problemOf(await post("given/score", { rows: X }, APP), "invalid-body");
  assert.deepEqual(short.errors?.map((each) => each.pointer)[0], "/rows/0");
  const rows = [ROWS[0], [0, 2, 1, 0, 0]];
  const wrong = await problemOf(await post("given/score", { rows }, APP), "invalid-body");
  assert.deepEqual(wrong.errors?.map((each) => each.pointer), ["/rows/1/1"]);
});

Deno.test("a model without a classifier refuses to classify", async () => {
  const problem = await problemOf(await post("given/classify", { rows: X }, APP), "invalid-body");
  assert.match(problem.detail, /Cannot classify: the model has no classifier/);
});

Deno.test("infer takes the rows of a conditional model, and refuses another width", async () => {
  const infer = (shape: readonly number[], data: unknown) =>
    APP.request("/v2/models/given/infer", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ inputs: [{ name: "x", datatype: "FP64", shape, data }] }),
    });
  const { outputs } = await (await infer([2, 5], ROWS)).json();
  const scores = [...await VAE_GIVEN.score(X, { condition: C })];
  assert.deepEqual(outputs.find(({ name }: { name: string }) => name === "score").data, scores);
  assert.equal((await infer([2, 2], X)).status, 422);
});
