/**
 * The time from nothing to the first score, in new processes: import an entry point for scoring, compile and
 * instantiate its kernels, read a 32-64-8 model from its file, score one row. For networks and for tables, and twice
 * each: from the sources, as a program in Deno imports them, and bundled into one file, as on an edge host.
 *
 *     deno task bench:cold
 *
 * There are two clocks: inside the process, from before the import to after the score; and outside, the time of the
 * whole process less that of an empty program, in alternating order. Prints medians, minima and maxima.
 */
import { VAE } from "../mod.ts";
import { bundleEntry, ENTRIES } from "./lib/bundle.ts";
import { median } from "./lib/statistics.ts";

const ROUNDS = 15;

/** The time inside one process, in milliseconds from before the import. */
interface Account {
  readonly imported: number;
  readonly loaded: number;
  readonly scored: number;
}

function program(library: string, model: string): string {
  return `
const start = performance.now();
const { TrainedVae } = await import(${JSON.stringify(library)});
const imported = performance.now() - start;
const model = await TrainedVae.load(Deno.readFileSync(${JSON.stringify(model)}));
const loaded = performance.now() - start;
const out = new Float64Array(1);
model.scoreInto(new Float32Array(32).fill(0.5), out);
const scored = performance.now() - start;
if (!Number.isFinite(out[0])) throw new RangeError("Expected a score");
console.log(JSON.stringify({ imported, loaded, scored }));
`;
}

async function run(folder: string, name: string): Promise<{ wall: number; account?: Account }> {
  const start = performance.now();
  const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--allow-read", `${folder}/${name}.js`],
    stdin: "null",
  }).output();
  const wall = performance.now() - start;
  if (!success) throw new TypeError(new TextDecoder().decode(stderr));
  const text = new TextDecoder().decode(stdout);
  return { wall, account: text === "" ? undefined : JSON.parse(text) };
}

async function prepare(folder: string): Promise<void> {
  const network = { hidden: [64], activation: "tanh" } as const;
  const spec = { inputs: 32, encoder: network, decoder: network, latent: [{ size: 8 }] };
  const model = `${folder}/model.safetensors`;
  await Deno.writeFile(model, VAE.create(spec, { seed: 1 }).save());
  await Deno.writeTextFile(`${folder}/empty.js`, "");
  for (const entry of ["networks", "tables"] as const) {
    const bundle = `${folder}/elbow_${entry}.js`, write = Deno.writeTextFile;
    await bundleEntry(entry, bundle);
    await write(`${folder}/${entry}, sources.js`, program(ENTRIES[entry].href, model));
    await write(`${folder}/${entry}, bundled.js`, program(`file://${bundle}`, model));
  }
}

function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((each) => each.toFixed(1));
  return `${median(values).toFixed(1)} ms (${least} to ${most})`;
}

const PROGRAMS = [
  "networks, sources",
  "networks, bundled",
  "tables, sources",
  "tables, bundled",
] as const;
const NAMES = ["empty", ...PROGRAMS] as const;
const folder = await Deno.makeTempDir();
await prepare(folder);
for (const name of NAMES) await run(folder, name); // Not counted: Deno compiles new code once.
const rounds: Record<typeof NAMES[number], { wall: number; account?: Account }>[] = [];
for (let r = 0; r < ROUNDS; r++) {
  const order = r % 2 === 0 ? NAMES : NAMES.toReversed();
  const taken: [string, { wall: number; account?: Account }][] = [];
  for (const name of order) taken.push([name, await run(folder, name)]);
  rounds.push(Object.fromEntries(taken) as typeof rounds[number]);
}
await Deno.remove(folder, { recursive: true });

console.log(`Cold start to the first score of a 32-64-8 model, ${ROUNDS} processes each`);
console.log(`empty program       ${spread(rounds.map(({ empty }) => empty.wall))}`);
for (const name of PROGRAMS) {
  const accounts = rounds.map((round) => round[name].account!);
  console.log(name);
  console.log(`  imported          ${spread(accounts.map(({ imported }) => imported))}`);
  console.log(`  model loaded      ${spread(accounts.map(({ loaded }) => loaded))}`);
  console.log(`  first score       ${spread(accounts.map(({ scored }) => scored))}`);
  const beyond = rounds.map((round) => round[name].wall - round.empty.wall);
  console.log(`  beyond an empty   ${spread(beyond)}`);
}
