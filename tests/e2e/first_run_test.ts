/**
 * What a first command downloads: the packages that it imports, and not those of the tests and benchmarks
 * (0.7 GB). The oracle is the folder that Deno keeps them in.
 */
import assert from "node:assert/strict";
import { ROOT } from "../../scripts/lib/tree.ts";

/** The bytes of the files in a folder. */
async function bytesIn(folder: string): Promise<number> {
  let bytes = 0;
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    const path = `${folder}/${name}`;
    bytes += isDirectory ? await bytesIn(path) : (await Deno.lstat(path)).size;
  }
  return bytes;
}

Deno.test("the first command of a checkout downloads less than 40 MB", async () => {
  const cache = await Deno.makeTempDir();
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    // Without a command every one of them is loaded, to be listed.
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
