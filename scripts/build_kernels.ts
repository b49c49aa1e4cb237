/**
 * Builds the WebAssembly kernels from `assembly/`.
 *
 *   deno task build            writes assembly/opcodes.gen.ts, src/backends/wasm/kernels/*.gen.ts, and what ALONE
 *                              names
 *   deno task build --verify   builds in memory; exits 1 if a committed file differs
 *   deno task build --debug    writes build/debug.wasm: every kernel exported, asserts on
 */
import * as asc from "npm:assemblyscript@0.28.20/asc";
import { ACTIVATIONS, OP_NAMES } from "../src/ops/names.ts";
import { compressible } from "./lib/function_order.ts";
import { unfusedSites } from "./lib/unfused_sites.ts";
import * as abi from "../src/backends/wasm/abi.ts";

const ROOT = new URL("../", import.meta.url);
const OPCODES = "assembly/opcodes.gen.ts";
/**
 * For each set of kernels: its name, its entry file and its target in asconfig.json. Only the relaxed build is
 * embedded; the portable one is derived from it when it is loaded (`src/backends/wasm/unfused.ts`).
 */
const BUILDS = [
  ["full", "assembly/index.ts", "relaxed"],
  ["score", "assembly/score.ts", "relaxed"],
] as const;
/** Small modules of their own: for each its entry file, its target, the constant, and the file it is written to. */
const ALONE = [
  ["assembly/crc32.ts", "alone", "CRC32_HEX", "src/core/bytes/crc32.gen.ts"],
  ["assembly/shuffle.ts", "alone", "SHUFFLE_HEX", "src/core/random/shuffle.gen.ts"],
  ["assembly/gather.ts", "given", "GATHER_HEX", "src/training/rows/gather.gen.ts"],
] as const;
/** The largest size of a build: edge bundles must stay small. */
const LIMIT_BYTES = 64 * 1024;

if (import.meta.main) {
  const [flag] = Deno.args;
  if (flag === "--verify") await verify();
  else if (flag === "--debug") await buildDebug();
  else if (flag === undefined) await build();
  else throw new RangeError(`Use --verify, --debug or nothing, got ${flag}`);
}

async function build(): Promise<void> {
  await write(OPCODES, opcodes());
  for (const [name, entry, target] of BUILDS) {
    const wasm = compressible(await compile(entry, target));
    await write(embeddedPath(name), embedded(name, wasm));
    console.log(`${name}: ${wasm.length} bytes`);
  }
  for (const module of ALONE) await write(module[3], await aloneText(module));
}

async function verify(): Promise<void> {
  const fresh = new Map([[OPCODES, opcodes()]]);
  for (const [name, entry, target] of BUILDS) {
    fresh.set(embeddedPath(name), embedded(name, compressible(await compile(entry, target))));
  }
  for (const module of ALONE) fresh.set(module[3], await aloneText(module));
  const stale: string[] = [];
  for (const [path, text] of fresh) if (await committed(path) !== text) stale.push(path);
  if (stale.length > 0) {
    console.error(`Run "deno task build" and commit: the sources give other bytes for ${stale}`);
    Deno.exit(1);
  }
  console.log("The committed kernels are what the sources give");
}

async function buildDebug(): Promise<void> {
  await write(OPCODES, opcodes());
  await Deno.mkdir(new URL("build/", ROOT), { recursive: true });
  const wasm = await compile("assembly/debug.ts", "debug");
  await Deno.writeFile(new URL("build/debug.wasm", ROOT), wasm);
  console.log(`debug: ${wasm.length} bytes`);
}

/**
 * Compiles an entry file for a target of `asconfig.json`.
 * @param flags compiler flags that override the target's; a build with flags is never shipped, so its size is not
 *   limited
 */
export async function compile(
  entry: string,
  target: string,
  flags: readonly string[] = [],
): Promise<Uint8Array<ArrayBuffer>> {
  let wasm: Uint8Array<ArrayBuffer> | undefined;
  const messages: string[] = [];
  const { error } = await asc.main(
    [entry, "--config", "asconfig.json", "--target", target, "--outFile", "out.wasm", ...flags],
    {
      readFile: async (name) => await committed(name) ?? null,
      writeFile: (name, contents) => {
        if (name === "out.wasm") wasm = new Uint8Array(contents as Uint8Array);
      },
      listFiles: () => [],
      stderr: { write: (chunk: string | Uint8Array) => messages.push(String(chunk)) },
    },
  );
  if (error || !wasm) throw new Error(`Cannot compile ${entry}: ${messages.join("")}`);
  if (target !== "debug" && flags.length === 0 && wasm.length > LIMIT_BYTES) {
    throw new RangeError(
      `Cannot ship ${target}: a build must have at most ${LIMIT_BYTES} bytes, got ${wasm.length}`,
    );
  }
  return wasm;
}

/** Opcodes, activations and the layout of records, as AssemblyScript constants. */
function opcodes(): string {
  const constants = [
    ...[...OP_NAMES, ...abi.WASM_OPS].map((name, i) => [`OP_${upperSnake(name)}`, i]),
    ...ACTIVATIONS.map((name, i) => [`ACTIVATION_${upperSnake(name)}`, i]),
    ...abi.WEIGHT_FORMATS.map((name, i) => [`FORMAT_${upperSnake(name)}`, i]),
    ...abi.CUTS.map((name, i) => [`CUT_${upperSnake(name)}`, i]),
    ["RECORD_BYTES", 4 * abi.RECORD_WORDS],
    ["ATTRIBUTE_BYTE", 4 * abi.ATTRIBUTE_WORD],
    ["TILES_ATTRIBUTE", abi.TILES_ATTRIBUTE],
    ["WEIGHT_ATTRIBUTE", abi.WEIGHT_ATTRIBUTE],
    ["OPERAND_BYTE", 4 * abi.OPERAND_WORD],
    ["OPERAND_BYTES", 4 * abi.OPERAND_WORDS],
    ["OPERAND_SLOTS", abi.OPERAND_SLOTS],
    ["SPLIT_BYTE", 4 * abi.SPLIT_WORD],
    ["THREAD_LIST_HEAD_BYTES", 4 * abi.THREAD_LIST_HEAD_WORDS],
    ["THREAD_LIST_COPY_BYTES", 4 * abi.THREAD_LIST_COPY_WORDS],
  ];
  return [
    "/** Written by scripts/build_kernels.ts from src/ops/names.ts and src/backends/wasm/abi.ts. */",
    ...constants.map(([name, value]) => `export const ${name}: i32 = ${value};`),
    "",
  ].join("\n");
}

/** Turns `gaussianLogProbGradMean` into `GAUSSIAN_LOG_PROB_GRAD_MEAN`. */
function upperSnake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

function embedded(name: string, wasm: Uint8Array): string {
  return `/**
 * The ${name} set of assembly/, its relaxed build, written by scripts/build_kernels.ts.
 * AssemblyScript ${asc.version}, ${wasm.length} bytes.
 */
// deno-fmt-ignore
export const BYTES_HEX = "${wasm.toHex()}";
// deno-fmt-ignore
export const UNFUSED = ${JSON.stringify(unfusedSites(wasm))} as const;
`;
}

async function aloneText([entry, target, name]: typeof ALONE[number]): Promise<string> {
  const wasm = await compile(entry, target);
  return `/** ${entry}, written by scripts/build_kernels.ts. AssemblyScript ${asc.version}, ${wasm.length} bytes. */
// deno-fmt-ignore
export const ${name} = "${wasm.toHex()}";
`;
}

function embeddedPath(name: string): string {
  return `src/backends/wasm/kernels/${name}_set.gen.ts`;
}

async function committed(path: string): Promise<string | undefined> {
  try {
    return await Deno.readTextFile(new URL(path, ROOT));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

async function write(path: string, text: string): Promise<void> {
  await Deno.writeTextFile(new URL(path, ROOT), text);
}
