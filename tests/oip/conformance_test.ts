/** Our server against the conformance suite of the Open Inference Protocol, and a test of the suite itself. */
import assert from "node:assert/strict";
import { APP, MODELS, ROWS, TABLE } from "../http/util.ts";
import { type Check, conformanceChecks } from "./conformance.ts";

function checksOf(model: string): Check[] {
  return conformanceChecks({
    baseUrl: "http://localhost",
    model,
    fetch: (url, init) => APP.request(url, init),
  });
}

for (const model of Object.keys(MODELS)) {
  for (const { name, run } of checksOf(model)) Deno.test(`OIP v2, ${model}: ${name}`, run);
}

Deno.test("OIP outputs are what the library computes", async () => {
  const rows = ROWS.slice(0, 4);
  const response = await APP.request("/v2/models/table/infer", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      inputs: [{ name: "x", datatype: "FP64", shape: [4, 3], data: rows.flat() }],
    }),
  });
  const { outputs } = await response.json();
  const data = (name: string) => outputs.find((each: { name: string }) => each.name === name).data;
  const verdicts = await TABLE.score(rows), { vae } = TABLE;
  assert.deepEqual(data("score"), verdicts.map(({ score }) => score));
  assert.deepEqual(data("p_value"), verdicts.map(({ pValue }) => pValue));
  assert.deepEqual(data("anomaly"), verdicts.map(({ anomaly }) => anomaly));
  assert.deepEqual(
    data("contributions"),
    verdicts.flatMap(({ contributions }) => Object.values(contributions)),
  );
  const { mean, logVar } = await vae.encode(TABLE.standardize(rows));
  assert.deepEqual([data("mean"), data("log_var")], [[...mean.data], [...logVar.data]]);
  const { centre, scale } = TABLE.standardization;
  const made = await vae.reconstruct(TABLE.standardize(rows));
  assert.deepEqual(
    data("reconstruction"),
    [...made.data].map((value, i) => value * scale[i % 3] + centre[i % 3]),
  );
});

Deno.test("OIP refusals name the tensor, and are problems with the member that the protocol requires", async () => {
  const response = await APP.request("/v2/models/table/infer", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({
      inputs: [{ name: "x", datatype: "FP32", shape: [2, 3], data: [1, 2, 3, 4, null, 6] }],
    }),
  });
  assert.equal(response.headers.get("content-type"), "application/problem+json");
  const problem = await response.json();
  assert.equal(problem.error, problem.detail);
  assert.match(
    problem.detail,
    /^Cannot read row 2, column "flow": expected a value \(missing values are not allowed here\), got NaN/,
  );
  assert.deepEqual(problem.errors.map((each: { pointer: string }) => each.pointer), [
    "/inputs/0/data",
  ]);
});

Deno.test("the suite notices a server that does not conform", async () => {
  const spoil: Record<string, (json: Record<string, unknown>) => unknown> = {
    "the id of a request is the id of its answer; without one there is none": (
      { id: _id, ...rest },
    ) => rest,
    "infer answers with the model's name and the tensors that the metadata announces": (json) => ({
      ...json,
      ...("model_name" in json ? { outputs: (json.outputs as unknown[]).slice(1) } : {}),
    }),
    "an unknown model is an error": ({ error: _error, ...rest }) => rest,
  };
  for (const [name, change] of Object.entries(spoil)) {
    const checks = conformanceChecks({
      baseUrl: "http://localhost",
      model: "table",
      async fetch(url, init) {
        const response = await APP.request(url, init);
        if (!/json/.test(response.headers.get("content-type") ?? "")) return response;
        const headers = new Headers(response.headers);
        headers.delete("content-length");
        return new Response(JSON.stringify(change(await response.json())), {
          status: response.status,
          headers,
        });
      },
    });
    await assert.rejects(checks.find((each) => each.name === name)!.run(), name);
  }
});
