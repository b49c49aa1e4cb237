/**
 * With `determinism: "portable"`, no result depends on functions whose last digits the host determines: models are
 * fitted, scored and saved with the same bytes where all of these throw, from before the first module is loaded.
 * Oracle: a process that has them. The law "no-host-functions" of `scripts/lint_files.ts` says the same of the sources.
 */
import { deepEqual, equal, match } from "node:assert/strict";

async function digests(...args: readonly string[]): Promise<string[]> {
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "--quiet", "--no-check", "--no-prompt", "--allow-read", "--allow-env"],
      new URL("host_math.ts", import.meta.url).href,
      ...args,
    ],
  }).output();
  equal(success, true, new TextDecoder().decode(stderr));
  return new TextDecoder().decode(stdout).trimEnd().split("\n");
}

Deno.test("portable models have the same bytes on a host without exp, log, sin and similar functions", async () => {
  const [own, refused] = [await digests(), await digests("refuse")];
  equal(own.length, 32);
  for (const line of own) match(line, /^[\w\s,-]+ [0-9a-f]{64}$/);
  deepEqual(refused, own);
});
