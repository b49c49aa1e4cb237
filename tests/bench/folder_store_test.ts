/** Results kept in a folder are reused only for the same options. */
import { equal, rejects } from "node:assert/strict";
import { onceIn } from "../../bench/experiments/folder_store.ts";

Deno.test("a stored result is returned for the same options, and refused for others", async () => {
  const parent = await Deno.makeTempDir(), folder = `${parent}/k5`;
  let runs = 0;
  const work = () => Promise.resolve(`result ${++runs}`);
  try {
    equal(await onceIn(folder, { k: 5, stages: 4 }, work), "result 1");
    equal(await onceIn(folder, { k: 5, stages: 4 }, work), "result 1");
    await rejects(
      onceIn(folder, { k: 5, stages: 8 }, work),
      /options must be {"k":5,"stages":4}, got {"k":5,"stages":8}/,
    );
    equal(runs, 1);
  } finally {
    await Deno.remove(parent, { recursive: true });
  }
});

Deno.test("unfinished work is resumed with the same options, and refused with others", async () => {
  const folder = await Deno.makeTempDir();
  const fails = () => Promise.reject(new Error("killed"));
  try {
    await rejects(onceIn(folder, { seed: 1 }, fails), /killed/);
    await rejects(onceIn(folder, { seed: 2 }, () => Promise.resolve("")), /options must be/);
    equal(await onceIn(folder, { seed: 1 }, () => Promise.resolve("done")), "done");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});
