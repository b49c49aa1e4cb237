/**
 * A program that trains on two threads, in its own process: it needs no permission, ends by itself whether or not it
 * disposes of its models, and keeps no thread or memory of models that were disposed of or lost. A thread and its
 * memory take some 20 MB; without a leak a process grows by 50 MB, once.
 */
import assert from "node:assert/strict";

const MODULE = new URL("../../mod.ts", import.meta.url).href;
const THREADS = Math.min(2, navigator.hardwareConcurrency);

/** 128 rows of 256 numbers through 256 units: enough work to share. */
const PROLOGUE = `
import { VAE } from "${MODULE}";
const data = Float32Array.from({ length: 128 * 256 }, (_, i) => Math.sin(i));
const network = { hidden: [256] };
const spec = { inputs: 256, encoder: network, decoder: network, latent: [{ size: 2 }] };
const fitted = async () => {
  const vae = VAE.create(spec, { threads: 2 });
  await vae.fit({ data, shape: [128, 256] }, { epochs: 1 });
  return vae;
};
const memory = async () => {
  for (let i = 0; i < 10; i++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  return Deno.memoryUsage().rss / 1e6;
};
`;

const ENDS = `
const vae = await fitted();
console.log(JSON.stringify({ threads: vae.device.threads }));
`;

/** Growth over some cycles, after others have warmed up the process. */
function cycles(count: number, end: string): string {
  return `
const cycle = async () => {
  const vae = await fitted();
  ${end}
};
for (let i = 0; i < 5; i++) await cycle();
const before = await memory();
for (let i = 0; i < ${count}; i++) await cycle();
console.log(JSON.stringify({ megabytes: await memory() - before }));
`;
}

async function run(program: string): Promise<{ threads?: number; megabytes?: number }> {
  const file = await Deno.makeTempFile({ suffix: ".js" });
  await Deno.writeTextFile(file, PROLOGUE + program);
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--v8-flags=--expose-gc", file],
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  // A process that hangs is killed, and the test fails.
  const hanging = setTimeout(() => child.kill("SIGKILL"), 120_000);
  const { success, stdout, stderr } = await child.output();
  clearTimeout(hanging);
  await Deno.remove(file);
  assert.ok(success, new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

Deno.test("a program with threads needs no permission, and ends by itself without disposing of its models", async () => {
  assert.deepEqual(await run(ENDS), { threads: THREADS });
});

Deno.test("a program whose threads are blob: Workers ends once it has disposed of its models", async () => {
  const program = `Object.defineProperty(globalThis, "process", { value: undefined });
    ${ENDS} vae.dispose();`;
  assert.deepEqual(await run(program), { threads: THREADS });
});

Deno.test("models that are created, fitted and disposed of leave no thread and no memory", async () => {
  const { megabytes } = await run(cycles(15, "vae.dispose();"));
  assert.ok(megabytes! < 150, `${megabytes} MB are left, 300 if all were`);
});

Deno.test("models that are lost without being disposed of leave none either", async () => {
  const { megabytes } = await run(cycles(15, ""));
  assert.ok(megabytes! < 150, `${megabytes} MB are left, 300 if all were`);
});
