/**
 * The first commands in a new checkout download only the packages that they import, not those of tests and benchmarks
 * (0.7 GB). Oracle: the size of Deno's cache folder.
 */
import assert from "node:assert/strict";
import { ROOT } from "../../scripts/lib/tree.ts";

/** Bytes of the files in a folder. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? await bytesIn(path) : (await Deno.lstat(path)).size;
  }
  return bytes;
}

Deno.test("the first command in a checkout downloads less than 40 MB", async () => {
  const cache = await Deno.makeTempDir();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    // Without a command, all of them are loaded to be listed.
    args: ["task", "--quiet", "elbow", "--help"],
    cwd: ROOT,
    env: { DENO_DIR: cache },
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).output();
  const bytes = await bytesIn(`${cache}/npm`);
  await Deno.remove(cache, { recursive: true });
  assert.equal(code, 0, new TextDecoder().decode(stderr));
  assert.ok(bytes < 40e6, `${bytes} bytes`);
});

Deno.test("deno task install makes a command that works in any folder", async () => {
  const place = await Deno.makeTempDir();
  const run = async (command: string, args: string[], cwd: string) => {
    const env = {
      DENO_INSTALL_ROOT: place,
      PATH: `${Deno.execPath().replace(/[^/]*$/, "")}:${Deno.env.get("PATH")}`,
    };
    const child = new Deno.Command(command, { args, cwd, env, stdin: "null" });
    const { code, stdout, stderr } = await child.output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
    return new TextDecoder().decode(stdout);
  };
  await run(Deno.execPath(), ["task", "--quiet", "install"], ROOT);
  await Deno.copyFile(`${ROOT}examples/data/thyroid.csv`, `${place}/t.csv`);
  assert.match(
    await run(`${place}/bin/elbow`, ["report", "t.csv"], place),
    /3,772 rows, 7 columns/,
  );
  await Deno.remove(place, { recursive: true });
});
