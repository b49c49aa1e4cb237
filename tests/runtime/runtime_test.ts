/**
 * One app on seven runtimes: the same corpus of valid and invalid requests gets the same answers, byte for byte with
 * portable arithmetic, and within 1e-5 with the fastest; and the same training run gives the same bytes. Oracle: the
 * app in this process, from its sources; runtimes get it bundled.
 */
import assert from "node:assert/strict";
import { VAE } from "../../mod.ts";
import { SCORE_KERNELS } from "../../src/backends/wasm/kernels/score.ts";
import { kernelBytes } from "../../src/backends/wasm/loader.ts";
import { testUnless } from "../util/skip.ts";
import {
  type Answer,
  answerOf,
  COMPARED,
  headersOf,
  requireClose,
  requireSame,
  toRequest,
} from "./answers.ts";
import { createHandler, train, type TrainingRun } from "./app.ts";
import { Browser, serveFolder } from "./browser.ts";
import { CORPUS } from "./corpus.ts";
import { NO_BROWSER, NO_NODE_24, NO_RUNTIMES } from "./missing.ts";
import { modelFiles } from "./models.ts";
import { type ServerName, SERVERS, startServer, workerdConfig, Workspace } from "./runtimes.ts";
import type { Subject } from "./subject.ts";

const FILES = await modelFiles();
const SUBJECTS: readonly Subject[] = [
  { files: FILES, determinism: "portable" },
  { files: FILES, determinism: "fast" },
];

const expected = new Map<Subject, Promise<readonly Answer[]>>();

/** The answers of this process, computed once by the first test that needs them. */
function expectedAnswers(subject: Subject): Promise<readonly Answer[]> {
  const known = expected.get(subject) ?? answersHere(subject);
  expected.set(subject, known);
  return known;
}

async function answersHere(subject: Subject): Promise<readonly Answer[]> {
  const app = await createHandler(subject);
  const answers: Answer[] = [];
  for (const ask of CORPUS) {
    const answer = await answerOf(await app.fetch(toRequest("http://127.0.0.1", ask)));
    assert.equal(
      answer.status,
      ask.status,
      `${ask.name}: ${new TextDecoder().decode(answer.body)}`,
    );
    answers.push(answer);
  }
  return answers;
}

/** The workspace is created when the first test needs it, and removed by the last. */
let workspace: Promise<Workspace> | undefined;

async function workspaceWithKernels(): Promise<Workspace> {
  const made = await Workspace.create();
  await made.write("kernels.wasm", kernelBytes(SCORE_KERNELS, "simd"));
  return made;
}

async function requireAlike(
  subject: Subject,
  answers: readonly Answer[],
  where: string,
): Promise<void> {
  const compare = subject.determinism === "portable" ? requireSame : requireClose;
  const wanted = await expectedAnswers(subject);
  assert.equal(answers.length, CORPUS.length);
  answers.forEach((answer, i) =>
    compare(
      answer,
      wanted[i],
      `${where}, ${subject.determinism}: ${CORPUS[i].name}`,
    )
  );
}

Deno.test("the app in this process answers the corpus as expected", async () => {
  for (const subject of SUBJECTS) await expectedAnswers(subject);
});

for (const name of Object.keys(SERVERS) as ServerName[]) {
  testUnless(
    name === "node 24" ? NO_NODE_24 : NO_RUNTIMES,
    `${name} answers the corpus as this process does, and trains to the same bytes`,
    async () => {
      const made = await (workspace ??= workspaceWithKernels());
      for (const subject of SUBJECTS) {
        await using host = await made.start(name, subject);
        const answers: Answer[] = [];
        for (const ask of CORPUS) {
          answers.push(await answerOf(await fetch(toRequest(host.origin, ask))));
        }
        await requireAlike(subject, answers, name);
        if (subject.determinism === "fast") {
          const described = JSON.parse(new TextDecoder().decode(answers[4].body));
          assert.equal(described.device.build, SERVERS[name].fast);
        } else if (SERVERS[name].trains) {
          const run: TrainingRun = await (await fetch(`${host.origin}/train`)).json();
          const here = await train();
          assert.ok(run.base64 === here.base64 && run.table === here.table, "other model bytes");
          assert.deepEqual(run, here);
        }
      }
    },
  );
}

/** A worker without tokens and limits of its own, whose model answers in megabytes. */
const WIDE_WORKER = `
import kernels from "./kernels.wasm";
import wide from "./wide.safetensors";
import { createWorker } from "./elbow.js";
export default createWorker({ kernels, models: { wide } });
`;

testUnless(
  NO_RUNTIMES,
  "workerd answers in full after many long answers that their readers gave up half-way",
  async () => {
    const made = await (workspace ??= workspaceWithKernels());
    const columns = 16, wide = VAE.create({ inputs: columns, latent: [{ size: 2 }] }, { seed: 4 });
    await made.write("wide.safetensors", wide.save());
    await made.write("wide.js", WIDE_WORKER);
    const names = ["wide.js", "elbow.js", "kernels.wasm", "wide.safetensors"];
    const modules = Object.fromEntries(names.map((name) => [name, name]));
    await made.write("wide.capnp", workerdConfig(modules, "2025-01-01"));
    await using host = await startServer(
      SERVERS.workerd.command,
      ["serve", "--control-fd=1", "wide.capnp"],
      made.folder,
    );
    const rows = 10_000;
    const ask = () =>
      fetch(`${host.origin}/v1/models/wide/sample`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ count: rows }),
      });
    const leave = async (pieces: number) => {
      const reader = (await ask()).body!.getReader();
      for (let taken = 0; taken <= pieces; taken++) await reader.read();
      await reader.cancel();
    };
    const askAll = async () => {
      for (let left = 0; left < 48; left += 8) await Promise.all([...Array(8).keys()].map(leave));
      return (await (await ask()).json()).rows.length;
    };
    // An answer whose turn never comes does not end.
    const late = Promise.withResolvers<string>();
    const timer = setTimeout(() => late.resolve("no answer within a minute"), 60_000);
    assert.equal(await Promise.race([askAll(), late.promise]), rows);
    clearTimeout(timer);
  },
);

/** Runs a task in a page or its Worker. */
interface PageGlobals {
  readonly isReady: boolean;
  answerAll(
    subject: Subject,
    asks: typeof CORPUS,
    compared: readonly string[],
  ): Promise<PageAnswer[]>;
  train(threads?: number): Promise<TrainingRun>;
  inWorker(task: unknown): Promise<unknown>;
}

interface PageAnswer {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: string;
}

function fromPage({ status, headers, body }: PageAnswer): Answer {
  const set = new Map(headers);
  return {
    status,
    headers: headersOf({ get: (name) => set.get(name) ?? null }),
    body: Uint8Array.fromBase64(body),
  };
}

testUnless(
  NO_RUNTIMES ?? NO_BROWSER,
  "Chromium answers the corpus in a page and in a Worker, and trains there, with and without threads",
  async () => {
    const made = await (workspace ??= workspaceWithKernels());
    await using browser = await Browser.open();
    await using plain = serveFolder(made.folder);
    await using isolated = serveFolder(made.folder, { isolated: true });
    const page = await browser.page(`${plain.origin}/page.html`);
    await page.waitForFunction("globalThis.isReady");
    for (const subject of SUBJECTS) {
      const task = { subject, asks: CORPUS, compared: COMPARED };
      const inPage = await page.evaluate(
        ({ subject, asks, compared }) =>
          (globalThis as unknown as PageGlobals).answerAll(subject, asks, compared),
        task,
      );
      await requireAlike(subject, inPage.map(fromPage), "page");
      const inWorker = await page.evaluate(
        (task) => (globalThis as unknown as PageGlobals).inWorker(task) as Promise<PageAnswer[]>,
        task,
      );
      await requireAlike(subject, inWorker.map(fromPage), "Worker");
    }

    const shared = await browser.page(`${isolated.origin}/page.html`);
    await shared.waitForFunction("globalThis.isReady");
    const alone = await train(), wide = await train(2);
    for (
      const [where, page_, threads] of [["page", page, 1], ["isolated page", shared, 2]] as const
    ) {
      const want = threads === 1 ? alone : wide;
      const run = await page_.evaluate(
        (n) => (globalThis as unknown as PageGlobals).train(n),
        threads,
      );
      assert.deepEqual([run.base64, run.table], [want.base64, want.table], where);
      assert.deepEqual(run.scores, want.scores, where);
      const processors = await page_.evaluate(() => navigator.hardwareConcurrency);
      assert.equal(run.threads, Math.min(threads, processors), where);
      const worker = await page_.evaluate(
        (threads) =>
          (globalThis as unknown as PageGlobals).inWorker({ threads }) as Promise<TrainingRun>,
        threads,
      );
      assert.deepEqual(
        [worker.base64, worker.table, worker.scores],
        [want.base64, want.table, want.scores],
        `Worker of ${where}`,
      );
    }
    assert.deepEqual(browser.complaints, []);
  },
);

Deno.test("the workspace leaves no files", async () => {
  const made = await workspace;
  await made?.[Symbol.asyncDispose]();
  if (made) await assert.rejects(Deno.stat(made.folder), Deno.errors.NotFound);
});
