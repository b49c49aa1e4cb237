/** What `elbow train` writes to standard error about the device: each message once. */
import { deepEqual } from "node:assert/strict";
import type { Io } from "../../src/cli/io.ts";
import { warnAboutDevice } from "../../src/cli/train/report.ts";

function saidOf(device: Record<string, string>, threads = 1): string[] {
  const said: string[] = [];
  const io = { stderr: (text: string) => void said.push(text) } as unknown as Io;
  warnAboutDevice({ backend: "wasm", threads, ...device }, { threads: 2 }, io);
  return said;
}

Deno.test("train says why it continues without a GPU, or with fewer threads", () => {
  deepEqual(saidOf({ training: "webgpu" }, 2), []);
  deepEqual(saidOf({ lost: "Cannot use the GPU: the device was lost" }, 2), [
    "elbow: went on without the GPU: Cannot use the GPU: the device was lost\n",
  ]);
  deepEqual(saidOf({ left: "a step took 3.00 ms there, 2.00 ms on the host" }, 2), [
    "elbow: went on without the GPU, as the host is faster: a step took 3.00 ms there, 2.00 ms on the host\n",
  ]);
  deepEqual(saidOf({ reason: "there is one core" }), [
    "elbow: ran on 1 thread: there is one core\n",
  ]);
});
