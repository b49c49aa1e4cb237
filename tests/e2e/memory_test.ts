/** Memory over long use, in a process of its own whose collector can be called: `bench/memory.ts`. */
import assert from "node:assert/strict";

const CHECK = new URL("../../bench/memory.ts", import.meta.url).pathname;

Deno.test("memory stays flat over a million scores and a thousand models", async () => {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-lock", "--no-check", "--v8-flags=--expose-gc", CHECK],
    stdin: "null",
  }).output();
  const decoder = new TextDecoder();
  assert.ok(success, decoder.decode(stdout) + decoder.decode(stderr));
});
