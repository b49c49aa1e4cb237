/**
 * Whether the goals on a GPU are met: the results of `bench:gpu` against those of `pytorch.py`.
 *
 *     deno run --allow-read bench/gpu/compare.ts [bench/results/gpu.json [build/bench/gpu_pytorch.json]]
 */
import { verdictsOf, verdictTable } from "./verdicts.ts";

const [own = "bench/results/gpu.json", torch = "build/bench/gpu_pytorch.json"] = Deno.args;
const read = async (path: string) => JSON.parse(await Deno.readTextFile(path));
console.log(verdictTable(verdictsOf(await read(own), await read(torch))));
