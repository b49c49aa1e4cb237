/** The option `secondLook` over HTTP. Oracle: `Detector.score` with `secondLook`, bit for bit. */
import assert from "node:assert/strict";
import { Detector, TableScorer } from "../../mod.ts";
import { createClient } from "../../src/http/mod.ts";
import { notFinite } from "../../src/http/answers/answers.ts";
import { Pacer, TurnQueue } from "../../src/http/pacer.ts";
import { answerLines } from "../../src/http/rows/ndjson.ts";
import { unitsOf } from "../../src/scoring/units.ts";
import { secondLook } from "../../src/http/second_look.ts";
import { planeRows } from "../util/data.ts";
import { APP, ask, createApp, type Fields, PLAIN, post, problemOf } from "./util.ts";
import { overTheWire } from "../util/over_the_wire.ts";

const ROWS = planeRows(200, 4, 7);
const MODEL = await Detector.fit(ROWS, {
  preset: "small",
  hidden: [8],
  latent: 2,
  epochs: 9,
  seed: 3,
});
const SERVED = createApp({
  models: { m: await TableScorer.load(MODEL.save()), plain: PLAIN },
  secondLook,
});
/** Every tenth row is anomalous. */
const ASKED = ROWS.slice(0, 40).map((row, r) => r % 10 ? row : row.with(r % 4, row[r % 4] + 9));
const WANT = await MODEL.score(ASKED, { secondLook: true });
const REGRETS = WANT.map(({ regret }) => regret);
const regretsOf = ({ rows }: Fields) => (rows as { regret?: number }[]).map(({ regret }) => regret);

async function send(type: string, query: string, body: BodyInit, accept = ""): Promise<Response> {
  return await SERVED.request(`/v1/models/m/score${query}`, {
    method: "POST",
    headers: { "content-type": type, accept },
    body,
  });
}

Deno.test("flagged rows get the library's regret: in JSON, binary, JSON lines, and by the client", async () => {
  assert.ok(REGRETS.filter((nats) => nats! > 0).length >= 4 && REGRETS.includes(undefined));
  const { rows } = await ask("m/score", { rows: ASKED, secondLook: true }, SERVED);
  assert.deepEqual(rows, overTheWire(WANT));
  assert.deepEqual(regretsOf(await ask("m/score", { rows: ASKED, secondLook: false }, SERVED)), [
    ...Array(ASKED.length),
  ]);

  const lines = ASKED.map((row) => JSON.stringify(row)).join("\n");
  const stream = await send("application/x-ndjson", "?secondLook=true", lines);
  const answers = (await stream.text()).trimEnd().split("\n").map((line) => JSON.parse(line));
  assert.deepEqual(answers, overTheWire(WANT));

  const floats = ASKED.map((row) => row.map(Math.fround));
  const type = "application/octet-stream";
  const binary = await send(type, "?secondLook=true", new Float32Array(floats.flat()), type);
  assert.equal(binary.headers.get("elbow-shape"), `${ASKED.length},8`);
  const numbers = new Float32Array(await binary.arrayBuffer());
  const wanted = await MODEL.score(floats, { secondLook: true });
  assert.deepEqual(
    wanted.map((_, r) => numbers[8 * r + 7]),
    wanted.map(({ regret = NaN }) => Math.fround(regret)),
  );

  const client = createClient("http://localhost", {
    fetch: (url, init) => SERVED.request(url, init),
  });
  const answered = await client.score("m", ASKED, { secondLook: true });
  assert.deepEqual(answered.rows.map(({ regret }) => regret), REGRETS);
});

Deno.test("a second look works with other rates, with fdr and with explanations", async () => {
  const both = await ask("m/score", { rows: ASKED, secondLook: true, explain: 2 }, SERVED);
  const explained = (await MODEL.explain(ASKED, { columns: 2 })).map(({ blamed }) => blamed);
  assert.deepEqual(
    both.rows,
    overTheWire(WANT.map((row, r) => ({ ...row, blamed: explained[r] }))),
  );
  for (const rate of [{ falseAlarmRate: 0.3 }, { fdr: 0.2 }]) {
    const answer = await ask("m/score", { rows: ASKED, secondLook: true, ...rate }, SERVED);
    const rows = answer.rows as { anomaly: boolean; regret?: number }[];
    for (const [r, { anomaly, regret }] of rows.entries()) {
      assert.equal(regret !== undefined, anomaly);
      if (WANT[r].anomaly && anomaly) assert.equal(regret, REGRETS[r]);
    }
    assert.ok(rows.some(({ anomaly }) => anomaly));
  }
});

Deno.test("a second look is refused if the server does not offer it, a model has no calibration, or too many rows are flagged", async () => {
  const faults: [path: string, app: typeof APP, words: RegExp][] = [
    ["table/score", APP, /^Cannot take a second look: this server was set up without it$/],
    ["plain/score", SERVED, /^Cannot flag rows: a bare VAE has no calibration$/],
  ];
  for (const [path, app, words] of faults) {
    const problem = await problemOf(await post(path, { rows: [[1, 2, 3]], secondLook: true }, app));
    assert.match(problem.detail, words);
    assert.equal(problem.errors?.[0].pointer, "/secondLook");
  }
  const few = createApp({ models: { m: MODEL }, secondLook, maxRows: 50 });
  const odd = ASKED.filter((_, r) => r % 10 === 0);
  assert.equal(
    (await post("m/score", { rows: odd.slice(0, 2), secondLook: true }, few)).status,
    200,
  );
  const { detail } = await problemOf(await post("m/score", { rows: odd, secondLook: true }, few));
  assert.equal(
    detail,
    "Cannot take a second look at more than 2 flagged rows in one request, got 4",
  );
});

Deno.test("a second look at no flagged row opens no network", async () => {
  const run = () => new Float64Array(3);
  const scores = { columns: ["score", "pValue", "anomaly"], run, text: () => "{}" };
  const opened = new Proxy({}, { get: (_, key) => assert.fail(`${String(key)} was read`) });
  const work = secondLook(scores, opened as TableScorer, 100);
  const cells = { data: Float64Array.of(1), rows: 1 }, pacer = new Pacer(new TurnQueue());
  const data = await work.run(cells, 0, pacer);
  await work.lookAgain!(data, cells, 0, pacer);
  assert.deepEqual([...data], [0, 0, 0, NaN]);
});

Deno.test("a second look that fails names the row among all, also in a stream", async () => {
  const { columns } = MODEL, firstRows: number[] = [];
  const scores = {
    columns: ["score", "pValue", "anomaly"],
    run: () => new Float64Array(3),
    text: () => "",
  };
  const looks = secondLook(scores, await TableScorer.load(MODEL.save()), 100);
  const cells = { data: new Float64Array(2 * columns.length), rows: 2 };
  const flagged = Float64Array.from([0, 1, 0, NaN, 0, 1, 1, NaN]);
  // No cells are known that make a look fail: its result is replaced.
  const pacer = { run: () => Promise.resolve(Float64Array.of(NaN, NaN)) } as unknown as Pacer;
  await assert.rejects(looks.lookAgain!(flagged, cells, 1000, pacer), {
    name: "Problem",
    message: "Cannot answer row 1002: the result is beyond the numbers of the model",
  });

  const work = {
    ...{ head: {}, columns: ["index"], requireRows: () => {}, text: () => "{}" },
    run: ({ rows }: { rows: number }) => new Float64Array(rows),
    lookAgain(_data: Float64Array, { rows }: { rows: number }, firstRow: number) {
      firstRows.push(firstRow);
      return firstRow + rows > 290 ? Promise.reject(notFinite(firstRow)) : Promise.resolve();
    },
  };
  const line = new TextEncoder().encode("[1,2,3,4]\n".repeat(291));
  const answers = answerLines(ReadableStream.from([line]), {
    ...{ work, units: unitsOf(MODEL), pacer: new Pacer(new TurnQueue()) },
    ...{ count: () => {}, isStopping: () => false },
  });
  const lines = (await Array.fromAsync(answers)).join("").trimEnd().split("\n");
  // The last batch fails, so each of its lines is answered by itself.
  assert.deepEqual(firstRows.slice(0, 3), [0, 128, 256]);
  assert.deepEqual(firstRows.slice(3), Array.from({ length: 35 }, (_, r) => 256 + r));
  const { row, detail } = JSON.parse(lines[290]);
  assert.deepEqual([row, /row (\d+)/.exec(detail)?.[1], lines[289]], [291, "291", "{}"]);
});

Deno.test("during second looks other requests are answered, and one that is abandoned ends", async () => {
  const long = { rows: Array(25).fill(ASKED).flat(), secondLook: true };
  let isDone = false;
  const first = post("m/score", long, SERVED).then((response) => {
    isDone = true;
    return response;
  });
  for (let i = 0; i < 5; i++) {
    assert.equal((await post("m/score", { rows: ASKED.slice(0, 1) }, SERVED)).status, 200);
  }
  assert.equal(isDone, false);
  assert.deepEqual(regretsOf(await (await first).json()), Array(25).fill(REGRETS).flat());

  const controller = new AbortController();
  const left = SERVED.request(
    new Request("http://localhost/v1/models/m/score", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(long),
      signal: controller.signal,
    }),
  );
  await new Promise((resolve) => setTimeout(resolve, 30));
  controller.abort();
  const problem = await problemOf(await left);
  assert.equal(problem.detail, "Cannot answer: the client has disconnected");
});
