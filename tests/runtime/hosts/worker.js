/** workerd: the kernels and the subject are modules that the host has read. */
import kernels from "./kernels.wasm";
import subject from "./subject.json";
import { createWorker } from "./elbow.js";
import { OPTIONS } from "./subject.js";

const bytesOf = (base64) => Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
const models = Object.entries(subject.files).map(([name, base64]) => [name, bytesOf(base64)]);

export default createWorker({
  ...OPTIONS,
  kernels,
  models: Object.fromEntries(models),
  device: { determinism: subject.determinism },
});
