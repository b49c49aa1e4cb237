/**
 * Outputs of processes that are killed, or that write to one place at the same time. Real processes, because a lock
 * and what is left of a file belong to a process.
 */
import assert from "node:assert/strict";
import { writeFolder } from "../../src/cli/files/folders.ts";
import { elbowOk, Folder, QUICK, tableCsv } from "../cli/util.ts";

const MAIN = new URL("../../src/cli/main.ts", import.meta.url).href;

/** Starts a command with the permissions of `deno task elbow`. */
function start(args: readonly string[], stdin: "null" | "piped" = "null"): Deno.ChildProcess {
  const permissions = ["read", "write", "net", "env", "sys"].map((name) => `--allow-${name}`);
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", ...permissions, MAIN, ...args],
    ...{ stdin, stdout: "null", stderr: "piped" },
  }).spawn();
}

/** The exit status, and what was written to standard error. */
async function ended(child: Deno.ChildProcess): Promise<[number, string]> {
  const { code, stderr } = await child.output();
  return [code, new TextDecoder().decode(stderr)];
}

/** Waits until a condition holds. */
async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    assert.ok(i < 2000, "waited for too long");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

const drafts = (folder: Folder) => folder.names().filter((name) => name.endsWith(".tmp"));

/** A process that has begun to write an output, and waits for more of its input. */
async function stalled(
  args: readonly string[],
  csv: string,
  hasBegun: () => boolean,
): Promise<{ readonly child: Deno.ChildProcess; readonly finish: () => Promise<void> }> {
  const child = start(args, "piped"), writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(csv));
  await until(hasBegun);
  return { child, finish: () => writer.close() };
}

Deno.test("what a killed process left of an output goes with the next output, but no other process's draft does", async () => {
  using folder = new Folder();
  const model = folder.at("m"), out = folder.at("scores.csv");
  const csv = tableCsv(20_000), data = folder.write("t.csv", csv);
  await elbowOk("train", data, "--out", model, "--max-rows", "300", ...QUICK);
  await elbowOk("score", model, data, "--out", out);
  const want = Deno.readTextFileSync(out);
  // Not ours, though alike.
  folder.write("scores.csv.tmp", "");
  folder.write("scores.csv.elbow-1.tmp", "");
  folder.write("other.csv.elbow-0123456789ab.tmp", "");
  const others = folder.names();
  const score = ["score", model, "-", "--out", out];
  const first = await stalled(score, csv, () => folder.names().length > others.length);
  const second = await stalled(score, csv, () => folder.names().length > others.length + 1);
  first.child.kill("SIGKILL");
  await first.child.output();
  assert.equal(folder.names().length, others.length + 2, "both drafts");
  await elbowOk("score", model, data, "--out", out);
  assert.equal(
    folder.names().length,
    others.length + 1,
    "the draft of the process that still writes",
  );
  await second.finish();
  assert.equal((await ended(second.child))[0], 0);
  assert.deepEqual(folder.names(), others);
  assert.equal(Deno.readTextFileSync(out), want);
});

Deno.test("a folder of checkpoints is for one run at a time, and free again when that is killed", async () => {
  using folder = new Folder();
  const data = folder.write("t.csv", tableCsv(200)), state = folder.at("state");
  const train = (epochs: string, ...more: string[]) => [
    ...["train", data, "--out", folder.at("m"), "--checkpoint", state, ...QUICK],
    ...["--epochs", epochs, ...more],
  ];
  const running = start(train("1000000"));
  try {
    await until(() => {
      try {
        return Deno.statSync(`${state}/checkpoint.safetensors`).isFile;
      } catch {
        return false;
      }
    });
    const [status, stderr] = await ended(start(train("3")));
    assert.equal(status, 2);
    assert.equal(
      stderr,
      `elbow: Cannot use checkpoint folder ${state}: another run is using it\n`,
    );
  } finally {
    running.kill("SIGKILL");
    await running.output();
  }
  assert.deepEqual(await ended(start(train("3", "--json"))), [0, ""]);
  assert.deepEqual(drafts(folder), []);
  assert.deepEqual(Array.from(Deno.readDirSync(state), ({ name }) => name), [
    "checkpoint.safetensors",
  ]);
});

Deno.test("a folder is written beside what a killed process left of one", async () => {
  using folder = new Folder();
  const out = folder.at("site");
  Deno.mkdirSync(`${out}.elbow-0123456789ab.tmp/part`, { recursive: true });
  await writeFolder(out, new Map([["a/b.txt", new TextEncoder().encode("text")]]));
  assert.deepEqual(folder.names(), ["site"]);
  assert.equal(Deno.readTextFileSync(`${out}/a/b.txt`), "text");
});
