/** Parts of the fuzzing campaigns; `deno task fuzz:http` and `deno task fuzz:files` run them in full. */
import assert from "node:assert/strict";
import { fuzzFiles } from "./fuzz_files.ts";
import { fuzzRequests } from "./fuzz_requests.ts";

Deno.test("4,000 damaged requests: no 5xx, errors are problems, numbers are finite", async () => {
  const seen = await fuzzRequests(4000, 20);
  const counts = JSON.stringify([...seen]);
  const kinds = [
    ...["200 application/json", "200 application/octet-stream", "200 application/x-ndjson"],
    ...["201 application/json", "202 application/json", "204 no body"],
    ...["unknown-job", "unknown-upload", "over-budget"]
      .map((name) => `urn:elbow:problem:${name}`),
    ...["malformed-json", "unauthorized", "unknown-route", "unknown-model", "method-not-allowed"]
      .map((name) => `urn:elbow:problem:${name}`),
    ...[
      "conflict",
      "precondition-failed",
      "body-too-large",
      "unsupported-media-type",
      "invalid-body",
    ]
      .map((name) => `urn:elbow:problem:${name}`),
    ...["invalid-model", "result-not-finite"].map((name) => `urn:elbow:problem:${name}`),
  ];
  for (const kind of kinds) assert.ok(seen.has(kind), `${kind} is not among ${counts}`);
  assert.ok(seen.get("200 application/json")! > 400, counts);
});

Deno.test("10,000 damaged model files are refused, or load correctly", async () => {
  const { refused, taken, notFinite } = await fuzzFiles(10_000, 20);
  assert.equal(refused + taken, 10_000);
  assert.ok(refused > 9000 && taken > 100 && notFinite > 0, JSON.stringify({ taken, notFinite }));
});
