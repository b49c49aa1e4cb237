/** Requests with thousands of rows to train on, which are read in turns with other work. */
import assert from "node:assert/strict";
import { jobsApp } from "./app.ts";

Deno.test("other requests get their turn while the rows of a training request are read", async () => {
  await using app = await jobsApp();
  for (const cell of [1.25, "a"]) {
    const rows = Array.from({ length: 60_000 }, (_, r) => [r % 97, cell, -r / 8]);
    // The last row is refused, so nothing but reading is done.
    const body = JSON.stringify({ rows: [...rows, [1, 2]] });
    let turns = 0, isOver = false;
    const counting = (async () => {
      for (; !isOver; turns++) await new Promise((resolve) => void setTimeout(resolve));
    })();
    const response = await app.ask("POST", "/v1/models/long/train", body, {
      "content-type": "application/json",
    });
    isOver = true;
    await counting;
    assert.equal(response.status, 422);
    const { errors: [{ pointer, detail }] } = await response.json();
    assert.equal(pointer, "/rows/60000");
    assert.equal(detail, "Cannot read row 60001: expected 3 values, got 2");
    assert.ok(turns > 3, `${turns} turns for other work`);
  }
});

Deno.test("a list of texts that stand for missing values has an end", async () => {
  await using app = await jobsApp();
  const body = { upload: "a.csv", missing: Array(1001).fill("NA") };
  const response = await app.ask("POST", "/v1/models/long/train", body);
  const { errors: [{ pointer, detail }] } = await response.json();
  assert.deepEqual([response.status, pointer], [422, "/missing"]);
  assert.match(detail, /^Cannot read missing: expected a list of at most 1000 texts, got /);
});
