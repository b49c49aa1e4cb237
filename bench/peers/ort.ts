/**
 * Peer: ONNX Runtime 1.30, inference only: as WebAssembly (variant "web") or as the native add-on (variant "node"). The
 * models are files that `onnx.ts` wrote. A run copies its inputs in and its outputs out; the interface has no other
 * way.
 */
import type * as Ort from "npm:onnxruntime-common@1.30.0";
import { type Peer, type ScoreTask, serve, someFloats, type Task } from "./peer.ts";
import { firstRows, type Model } from "../lib/workloads.ts";

const VERSION = "1.30.0";

await serve(async ({ variant, threads, folder }): Promise<Peer> => {
  // The name is computed so that type checks do not load hundreds of megabytes.
  const ort: typeof Ort = await import(`npm:onnxruntime-${variant}@${VERSION}`);
  if (variant === "web") ort.env.wasm.numThreads = threads;
  const options: Ort.InferenceSession.SessionOptions = variant === "web"
    ? { executionProviders: ["wasm"] }
    : { intraOpNumThreads: threads, interOpNumThreads: 1 };

  const open = (name: string): Promise<Ort.InferenceSession> =>
    ort.InferenceSession.create(Deno.readFileSync(`${folder}/${name}.onnx`), options);

  async function score(model: Model, batch: number): Promise<ScoreTask> {
    const session = await open(model.workload.name);
    const rows = firstRows(model, batch), shape = [batch, model.workload.inputs];
    const scores = new Float32Array(batch);
    return {
      scores,
      async run() {
        const result = await session.run({ x: new ort.Tensor("float32", rows, shape) });
        scores.set(result.score.data as Float32Array);
      },
    };
  }

  async function gemm(m: number, k: number, n: number): Promise<Task> {
    const session = await open(`gemm-${k}x${n}`);
    const x = new ort.Tensor("float32", someFloats(m * k), [m, k]);
    return { run: () => session.run({ x }) };
  }

  return { about: { threads, onnxruntime: VERSION }, score, gemm };
});
