/** The page that runs the checks in a browser: `check(name)` of the window returns an error's text or "". */
import { backendOn } from "../../src/backends/webgpu/backend.ts";
import { nameOf } from "../../src/backends/webgpu/adapter.ts";
import { openDevice } from "../../src/backends/webgpu/device.ts";
import { CHECKS, type World } from "./checks.ts";

const device = await openDevice({ allowSoftware: true });
const world: World = {
  backend: backendOn(device),
  plain: backendOn(device, { fuse: false }),
  file: async (path) => new Uint8Array(await (await fetch(`/${path}`)).arrayBuffer()),
};

async function check(name: string): Promise<string> {
  try {
    await CHECKS.find((each) => each.name === name)!.run(world);
    device.requireAlive();
    return "";
  } catch (error) {
    return String((error as Error).stack ?? error);
  }
}

Object.assign(globalThis, { check, adapter: nameOf(device.info) });
