/** The gate refuses a checkout that it cannot import, in one sentence that names the file. */
import { deepEqual, equal } from "node:assert/strict";
import { loadElbow, missingFrom } from "../../bench/lib/elbow.ts";

const ROOT = new URL("../../", import.meta.url);
const MOVED = "src/training/program/train_program.ts";

/**
 * A folder with all files of this checkout that the gate imports but one, like a checkout from before a file was moved.
 */
async function olderCheckout(): Promise<string> {
  const folder = await Deno.makeTempDir();
  for (const path of await missingFrom(new URL(`file://${folder}/`))) {
    if (path === MOVED) continue;
    await Deno.mkdir(`${folder}/${path.slice(0, path.lastIndexOf("/"))}`, { recursive: true });
    await Deno.copyFile(new URL(path, ROOT), `${folder}/${path}`);
  }
  return folder;
}

Deno.test("the gate refuses a checkout that lacks a file, and names the file", async () => {
  const folder = await olderCheckout();
  try {
    const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "--allow-all", new URL("bench/gate.ts", ROOT).pathname, folder],
      env: { NO_COLOR: "1" },
    }).output();
    const said = [stdout, stderr].map((bytes) => new TextDecoder().decode(bytes));
    const refusal =
      `Cannot compare with ${folder}: both checkouts must have what is imported: it lacks ${MOVED}\n`;
    deepEqual([code, ...said], [2, "", refusal]);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("this checkout has all files that the gate imports", async () => {
  deepEqual(await missingFrom(ROOT), []);
  equal(typeof (await loadElbow()).training.trainPlan, "function");
});
