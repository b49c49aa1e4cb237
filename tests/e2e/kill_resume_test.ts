/**
 * A training run killed by kill -9 at ten random moments, or in each network of an ensemble, and resumed each time ends
 * with the bytes of a run that was not killed. And Ctrl-C, which a process is told about.
 */
import assert from "node:assert/strict";
import { HostRandom } from "../../src/core/random/philox.ts";
import { statesOf } from "../../src/detection/ensemble/member_checkpoints.ts";
import { readModelFile } from "../../src/trained/file/model_file.ts";
import { tableCsv } from "../cli/util.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;
const KILLS = 10;

/** Starts `elbow train` with the permissions of `deno task elbow`. */
function train(folder: string, out: string, ...more: string[]): Deno.ChildProcess {
  const permissions = ["read", "write", "net", "env", "sys"].map((name) => `--allow-${name}`);
  const model = [
    "--preset",
    "small",
    "--epochs",
    "25000",
    "--hidden",
    "32",
    "--latent",
    "2",
    "--batch-size",
    "32",
  ];
  return new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-check",
      "--no-prompt",
      ...permissions,
      MAIN,
      "train",
      `${folder}/t.csv`,
      "--out",
      out,
      ...model,
      ...more,
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
}

/** Whether the process was still running when it was killed. */
function kill(child: Deno.ChildProcess): boolean {
  try {
    child.kill("SIGKILL");
    return true;
  } catch {
    return false;
  }
}

/** How many seconds the process takes. */
async function finish(child: Deno.ChildProcess): Promise<number> {
  const start = performance.now();
  const { success, stderr } = await child.output();
  assert.ok(success, new TextDecoder().decode(stderr));
  return (performance.now() - start) / 1000;
}

/** When a file was written, in milliseconds; 0 if it is not there. */
async function writtenAt(path: string): Promise<number> {
  return (await Deno.stat(path).catch(() => undefined))?.mtime?.getTime() ?? 0;
}

/** Waits until a file is written again, or the process has ended. */
async function isWrittenAfter(
  before: number,
  path: string,
  output: Promise<unknown>,
): Promise<void> {
  const isOver = output.then(() => true);
  while (await writtenAt(path) === before) {
    if (await Promise.race([isOver, pause(2)])) return;
  }
}

async function withFolder(test: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/t.csv`, tableCsv(200));
    await test(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a run killed at ten random moments and resumed ends with the same bytes", () =>
  withFolder(async (folder) => {
    const whole = `${folder}/whole.safetensors`, out = `${folder}/out.safetensors`;
    const seconds = await finish(train(folder, whole));
    const expected = await Deno.readFile(whole);
    const random = new HostRandom(20260101, 0, 0);
    const state = ["--checkpoint", `${folder}/state`, "--checkpoint-every", "0.02", "--resume"];
    const checkpoint = `${folder}/state/checkpoint.safetensors`;
    for (let kills = 0; kills < KILLS;) {
      const before = await writtenAt(checkpoint);
      const child = train(folder, out, ...state), output = child.output();
      // Every other run may write first, however slow the machine is. The others may be killed before.
      if (kills % 2 === 1) await isWrittenAfter(before, checkpoint, output);
      // After the start of the process, so that most kills happen during training or writing.
      const moment = 200 + 1000 * 0.08 * seconds * random.uniformF64();
      await pause(moment);
      const killed = kill(child);
      await output;
      // The file is complete or absent.
      const written = await Deno.readFile(out).catch(() => undefined);
      if (written) assert.deepEqual(written, expected);
      if (killed) kills++;
      else await Deno.remove(`${folder}/state`, { recursive: true }); // it was faster: start over
    }
    assert.ok(Deno.statSync(checkpoint).isFile);
    await finish(train(folder, out, ...state));
    assert.deepEqual(await Deno.readFile(out), expected);
  }));

Deno.test("an ensemble killed in each of its networks and resumed ends with the same bytes", () =>
  withFolder(async (folder) => {
    const whole = `${folder}/whole.safetensors`, out = `${folder}/out.safetensors`;
    const model = ["--preset", "ensemble", "--epochs", "2500"];
    const kept = ["--checkpoint", `${folder}/state`, "--checkpoint-every", "0.02", "--resume"];
    await finish(train(folder, whole, ...model));
    const expected = await Deno.readFile(whole);
    const random = new HostRandom(20260102, 0, 0);
    for (const networks of [1, 1, 2, 3, 4, 4]) {
      const child = train(folder, out, ...model, ...kept);
      const output = child.output();
      const isOver = output.then(() => true);
      while (await networksIn(`${folder}/state`) < networks) {
        assert.ok(!(await Promise.race([isOver, pause(2)])), "it ended before it was killed");
      }
      await pause(200 * random.uniformF64());
      kill(child);
      await output;
    }
    await finish(train(folder, out, ...model, ...kept));
    assert.deepEqual(await Deno.readFile(out), expected);
    // A finished run is not repeated; its model is written again.
    await Deno.remove(out);
    await finish(train(folder, out, ...model, ...kept));
    assert.deepEqual(await Deno.readFile(out), expected);
  }));

/** How many networks an ensemble has begun, read from its checkpoint, which is complete at any moment. */
async function networksIn(folder: string): Promise<number> {
  const bytes = await Deno.readFile(`${folder}/checkpoint.safetensors`).catch(() => undefined);
  return bytes ? statesOf(readModelFile(bytes)).size : 0;
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

Deno.test("a run interrupted by SIGINT ends with status 130, a checkpoint and no model", () =>
  withFolder(async (folder) => {
    const more = ["--epochs", "10000000", "--checkpoint", `${folder}/state`];
    const child = train(folder, `${folder}/out.safetensors`, ...more);
    const stderr = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
    // Wait until the first epoch is over; GPU drivers may print something before.
    let said = "";
    while (!said.includes("epoch")) {
      const { value, done } = await stderr.read();
      assert.ok(!done, said);
      said += value;
    }
    child.kill("SIGINT");
    const { code } = await child.status;
    for (let piece; !(piece = await stderr.read()).done;) said += piece.value;
    assert.equal(code, 130);
    assert.match(said, /state keeps the run so far: the same command with --resume continues\n/);
    const names = Array.from(Deno.readDirSync(folder), ({ name }) => name).sort();
    assert.deepEqual(names, ["state", "t.csv"]);
    assert.deepEqual(Array.from(Deno.readDirSync(`${folder}/state`), ({ name }) => name), [
      "checkpoint.safetensors",
    ]);
  }));
