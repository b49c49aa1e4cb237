/**
 * One table in every format, from a file and from standard input. Oracle: the same rows as CSV. NPZ and Parquet have
 * their directory at the end, so what arrives through a pipe is kept in a temporary file.
 */
import assert from "node:assert/strict";
import { gzipSync } from "node:zlib";
import { parquetWriteBuffer } from "npm:hyparquet-writer@0.17.0";
import { zipSync } from "npm:fflate@0.8.3";
import { encodeNpy } from "../../src/formats/mod.ts";
import { planeRows } from "../util/data.ts";
import { elbow, elbowOk, refused } from "./util.ts";

const folder = Deno.makeTempDirSync();
addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

/** Rows of several parts, whatever the format. */
const ROWS = planeRows(20_000, 3, 4).map((row, r) => r === 15_000 ? [90, 0, 0] : row);
const COLUMNS = ["x0", "x1", "x2"], NAMES = COLUMNS.map((name, c) => ({ name, c }));
const X = encodeNpy(Float64Array.from(ROWS.flat()), [ROWS.length, 3]);
const Y = encodeNpy(Uint8Array.from(ROWS, (_, r) => r % 2), [ROWS.length]);
const CSV = [COLUMNS.join(), ...ROWS.map((row) => row.join())].join("\n");
const columnData = NAMES.map(({ name, c }) => ({
  name,
  data: ROWS.map((row) => row[c]),
  type: "DOUBLE" as const,
}));
const FILES: Readonly<Record<string, Uint8Array>> = {
  "t.csv": new TextEncoder().encode(CSV),
  "t.npy": X,
  "t.npz": zipSync({ "X.npy": X, "y.npy": Y }),
  "t.parquet": new Uint8Array(parquetWriteBuffer({ columnData, rowGroupSize: 3000 })),
};
for (const [name, bytes] of Object.entries(FILES)) {
  Deno.writeFileSync(`${folder}/${name}`, bytes);
  Deno.writeFileSync(`${folder}/${name}.gz`, gzipSync(bytes));
}
const MODEL = `${folder}/m.elbow`;
await elbowOk(
  ...["train", `${folder}/t.csv`, "--out", MODEL, "--preset", "small", "--epochs", "2"],
  ...["--max-rows", "2000"],
);

/** Standard input in pieces. */
const piped = (bytes: Uint8Array) => ({
  async *stdinPieces() {
    for (let at = 0; at < bytes.length; at += 60_000) yield bytes.subarray(at, at + 60_000);
  },
});

Deno.test("elbow score and train give the same for every format, from a file, gzipped and piped", async () => {
  const lines = await elbowOk("score", MODEL, `${folder}/t.csv`, "--explain");
  assert.equal(lines.split("\n").length, ROWS.length + 2);
  const train = ["--preset", "small", "--epochs", "1", "--max-rows", "500", "--seed", "3"];
  const models = new Set<string>();
  for (const [name, bytes] of Object.entries(FILES)) {
    const path = `${folder}/${name}`;
    for (const source of [path, `${path}.gz`, "-"]) {
      const scored = await elbow(["score", MODEL, source, "--explain"], piped(bytes));
      assert.equal(scored.stdout, lines, `${source}: ${scored.stderr}`);
      const out = `${folder}/made.elbow`;
      const trained = await elbow(["train", source, "--out", out, ...train], piped(bytes));
      assert.equal(trained.status, 0, `${source}: ${trained.stderr}`);
      models.add((await Deno.readFile(out)).toHex());
    }
  }
  assert.equal(models.size, 1);
});

Deno.test("elbow score takes --second-look and --out for a table that is not text", async () => {
  const args = ["--second-look", "--min-confidence", "0.5"];
  const lines = await elbowOk("score", MODEL, `${folder}/t.csv`, ...args);
  assert.equal(await elbowOk("score", MODEL, `${folder}/t.parquet`, ...args), lines);
  const out = `${folder}/s.csv`;
  await elbowOk("score", MODEL, `${folder}/t.npz`, ...args, "--out", out);
  assert.equal(await Deno.readTextFile(out), lines);
});

Deno.test("a damaged or cut archive is refused, piped as well, and leaves no output", async () => {
  const damaged = FILES["t.npz"].slice(), out = `${folder}/none.csv`;
  damaged[5000] ^= 4;
  await Deno.writeFile(`${folder}/bad.npz`, damaged);
  assert.match(
    await refused("score", MODEL, `${folder}/bad.npz`, "--out", out),
    /bad.npz: ZIP member "X.npy" must be intact$/m,
  );
  const cuts: [Uint8Array, RegExp][] = [
    [damaged, /^elbow: Cannot read standard input: ZIP member "X.npy" must be intact$/m],
    [FILES["t.npz"].subarray(0, -9), /^elbow: Cannot read standard input: expected a complete ZIP/],
    [
      FILES["t.parquet"].subarray(0, -9),
      /^elbow: Cannot read standard input: expected a complete P/,
    ],
  ];
  for (const [bytes, words] of cuts) {
    const { status, stderr } = await elbow(["score", MODEL, "-", "--out", out], piped(bytes));
    assert.equal(status, 2, stderr);
    assert.match(stderr, words);
  }
  await assert.rejects(Deno.stat(out), Deno.errors.NotFound);
});

Deno.test("no temporary file is left, not even if the process is killed while it reads", async () => {
  const temporary = await Deno.makeTempDir({ dir: folder }), bytes = FILES["t.parquet"];
  const start = () =>
    new Deno.Command(Deno.execPath(), {
      args: [
        ...["run", "--allow-all", "--no-check"],
        ...[new URL("../../src/cli/main.ts", import.meta.url).pathname, "score", MODEL, "-"],
      ],
      env: { TMPDIR: temporary },
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
  const whole = start(), writer = whole.stdin.getWriter();
  await writer.write(bytes);
  await writer.close();
  const { success, stdout } = await whole.output();
  assert.ok(success && stdout.length > 100_000);
  // Its open files are the evidence that it has begun.
  const killed = start(), pipe = killed.stdin.getWriter();
  await pipe.write(bytes.subarray(0, -9));
  while (!await hasOpen(killed.pid, temporary)) await new Promise((done) => setTimeout(done, 20));
  killed.kill("SIGKILL");
  await killed.output();
  await pipe.abort().catch(() => {});
  assert.deepEqual([...Deno.readDirSync(temporary)], []);
});

/** Whether a process has a file of this folder open. */
async function hasOpen(pid: number, path: string): Promise<boolean> {
  const { stdout } = await new Deno.Command("ls", { args: ["-l", `/proc/${pid}/fd`] }).output();
  return new TextDecoder().decode(stdout).includes(path);
}

Deno.test("what a shell opens for a command is read as standard input is, whatever its format", async () => {
  const lines = await elbowOk("score", MODEL, `${folder}/t.csv`);
  const main = new URL("../../src/cli/main.ts", import.meta.url).pathname;
  const score = `${Deno.execPath()} run --allow-all --no-check ${main} score ${MODEL}`;
  for (
    const [data, input] of [
      ["/dev/stdin", "t.csv"],
      ["/dev/stdin", "t.parquet"],
      ["/dev/fd/3 3", "t.npz.gz"],
      ["/proc/self/fd/3 3", "t.npy"],
    ]
  ) {
    const command = `${score} ${data}< ${folder}/${input}`;
    const { stdout, stderr } = await new Deno.Command("sh", { args: ["-c", command] }).output();
    assert.equal(new TextDecoder().decode(stdout), lines, new TextDecoder().decode(stderr));
  }
});
