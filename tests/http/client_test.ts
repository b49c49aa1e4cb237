/** The typed client against the app: every method, over a real port if streams matter. */
import assert from "node:assert/strict";
import { ApiError, createClient, type ScoredLine } from "../../src/http/client.ts";
import { digestOf, memoryStore } from "../../src/http/mod.ts";
import { APP, ask, COLUMNS, createApp, PLAIN, ROWS, TABLE } from "./util.ts";

const CLIENT = createClient("http://localhost/", { fetch: (url, init) => APP.request(url, init) });
const SOME = ROWS.slice(0, 4);

/** The fields that `ask` leaves out. */
function less<Value extends { version: number; digest: string }>(answer: Value): object {
  const { version: _version, digest: _digest, ...rest } = answer;
  return rest;
}

Deno.test("every verb of the client answers as the app does", async () => {
  assert.deepEqual(
    less(await CLIENT.score("table", SOME, { falseAlarmRate: 0.2 })),
    await ask("table/score", { rows: SOME, falseAlarmRate: 0.2 }),
  );
  const named = SOME.map(([heat, flow, drift]) => ({ heat, flow, drift }));
  assert.deepEqual(
    less(await CLIENT.encode("table", named)),
    await ask("table/encode", { rows: SOME }),
  );
  const z = [[0.5, -1]];
  assert.deepEqual(less(await CLIENT.decode("table", z)), await ask("table/decode", { rows: z }));
  assert.deepEqual(
    less(await CLIENT.reconstruct({ name: "table", version: 1 }, SOME)),
    await ask("table/reconstruct", { rows: SOME }),
  );
  assert.deepEqual(
    less(await CLIENT.sample("table", 3, { seed: 2, mean: true })),
    await ask("table/sample", { count: 3, seed: 2, mean: true }),
  );
  assert.deepEqual(
    less(await CLIENT.logLikelihood("table", SOME, { samples: 3 })),
    await ask("table/log-likelihood", { rows: SOME, samples: 3 }),
  );
  const { models } = await CLIENT.models();
  assert.deepEqual(models.map(({ name }) => name), ["table", "line", "hostile", "plain", "binary"]);
  assert.deepEqual((await CLIENT.model("table")).columns, COLUMNS);
});

Deno.test("the client's float32 rows are the app's numbers", async () => {
  const data = Float32Array.from(SOME.flat());
  const { data: numbers, shape } = await CLIENT.floats("table", "score", { data, shape: [4, 3] }, {
    falseAlarmRate: 0.2,
  });
  assert.deepEqual(shape, [4, 6]);
  const cells = Array.from({ length: 4 }, (_, r) => [...data.subarray(3 * r, 3 * r + 3)]);
  const verdicts = await TABLE.score(cells);
  verdicts.forEach(({ score, pValue }, r) => {
    assert.deepEqual([numbers[6 * r], numbers[6 * r + 1]], [
      Math.fround(score),
      Math.fround(pValue),
    ]);
  });
});

Deno.test("the client manages models and aliases", async () => {
  const token = "client-token";
  const hash = await digestOf(new TextEncoder().encode(token));
  const app = createApp({
    models: await memoryStore(),
    tokens: [{ hash, scopes: ["score", "admin"] }],
  });
  const client = createClient("http://localhost", {
    token,
    fetch: (url, init) => app.request(url, init),
  });
  const [first, second] = [TABLE.save().slice(), PLAIN.save().slice()];
  const stored = await client.upload("m", first, { expected: null });
  assert.deepEqual([stored.version, stored.digest], [1, await digestOf(first)]);
  assert.equal((await client.upload("m", second, { expected: stored.digest })).version, 2);
  await assert.rejects(
    client.upload("m", first, { expected: stored.digest }),
    (error: ApiError) => {
      assert.deepEqual([error.status, error.problem?.type], [
        412,
        "urn:elbow:problem:precondition-failed",
      ]);
      return error instanceof ApiError;
    },
  );
  await client.setAlias("live", { model: "m", version: 1 });
  assert.equal((await client.score("live", SOME)).version, 1);
  assert.deepEqual((await client.aliases()).aliases, [{ alias: "live", model: "m", version: 1 }]);
  await client.deleteAlias("live");
  await client.delete({ name: "m", version: 2 });
  assert.deepEqual((await client.versions("m")).versions.map(({ version }) => version), [1]);
  await client.delete("m");
  await assert.rejects(client.model("m"), /Cannot find model/);
});

Deno.test("the client streams rows in both directions at once", async () => {
  const server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, APP.fetch);
  try {
    const client = createClient(`http://127.0.0.1:${server.addr.port}`);
    const answered: ScoredLine[] = [];
    let sent = 0;
    const rows = async function* () {
      for (const row of [...SOME, [1, 2], ...SOME]) {
        sent++;
        yield row;
        // The next row waits for the answer to this one, so only a stream gets to the end.
        while (answered.length < sent) await new Promise((resolve) => setTimeout(resolve, 1));
      }
    };
    for await (const line of client.scoreStream("table", rows(), { falseAlarmRate: 0.3 })) {
      answered.push(line);
    }
    const { rows: expected } = await CLIENT.score("table", SOME, { falseAlarmRate: 0.3 });
    assert.deepEqual([...answered.slice(0, 4), ...answered.slice(5)], [...expected, ...expected]);
    assert.ok("status" in answered[4] && answered[4].status === 422 && answered[4].row === 5);
  } finally {
    await server.shutdown();
  }
});

Deno.test("an answer that does not come from the app is an ApiError too", async () => {
  const client = createClient("http://localhost", {
    fetch: () => new Response("oops", { status: 502 }),
  });
  await assert.rejects(client.models(), (error: ApiError) => {
    return error.status === 502 && error.problem === undefined &&
      /answered 502/.test(error.message);
  });
});

Deno.test("a stream of events that ends without a result is requested again, after a pause", async () => {
  let asked = 0;
  const client = createClient("http://x", {
    fetch: (url) => {
      if (!url.endsWith("/events")) return Response.json({ state: "queued" });
      const text = ++asked < 5 ? "" : "id: 1\nevent: succeeded\ndata: {}\n\n";
      return new Response(text, { headers: { "content-type": "text/event-stream" } });
    },
  });
  const waits: (number | undefined)[] = [], { setTimeout } = globalThis;
  globalThis.setTimeout = ((act: () => void, ms?: number) => {
    waits.push(ms);
    return setTimeout(act, 0);
  }) as typeof setTimeout;
  try {
    assert.equal((await Array.fromAsync(client.jobEvents("1"))).length, 1);
  } finally {
    globalThis.setTimeout = setTimeout;
  }
  assert.deepEqual(waits, [200, 400, 600, 800]);
});
