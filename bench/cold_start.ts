/**
 * From nothing to the first score, in fresh processes: an entry for scoring imported, its kernels compiled and
 * instantiated, a model read from its file, one row scored.
 *
 *     deno task bench:cold                   32-64-8 by the entries for networks and for tables, from the sources, as a
 *                                            program in Deno imports them, and bundled into one file, as an edge host
 *                                            gets them; 784-400-20 and a default detector of 10 columns, bundled
 *     deno task bench:cold OTHER_CHECKOUT    what is bundled, by this checkout and by another, in turn
 *
 * Times are those within the process, from before the import. Processor time is that of all threads since the process
 * began, less that of an empty one of the same round: where other work is running, it tells more. Only Linux tells it.
 */
import { Detector, VAE } from "../mod.ts";
import { bundleEntry, type Entry, entryUrl, OWN_ROOT } from "./lib/bundle.ts";
import { openPinning } from "./lib/machine.ts";
import { median } from "./lib/statistics.ts";

const ROUNDS = 15, ROUNDS_OF_TWO = 40;

const STAGES = {
  imported: "imported",
  loaded: "model loaded",
  scored: "first score",
  processor: "processor time",
} as const;

/** One process's own account, milliseconds. */
type Account = Record<keyof typeof STAGES, number>;

/** A model's file, and what a program needs to score a row of it. */
interface Model {
  readonly name: string;
  readonly entry: Entry;
  /** The class that loads it. */
  readonly loader: "TrainedVae" | "TableScorer";
  readonly columns: number;
  readonly bytes: Uint8Array;
}

function network(entry: Entry, inputs: number, hidden: number, size: number): Model {
  const layers = { hidden: [hidden], activation: "tanh" } as const;
  const spec = { inputs, encoder: layers, decoder: layers, latent: [{ size }] };
  const bytes = VAE.create(spec, { seed: 1 }).save();
  const name = `${inputs}-${hidden}-${size} by ${entry}`;
  return { name, entry, loader: "TrainedVae", columns: inputs, bytes };
}

async function detector(): Promise<Model> {
  const rows = Array.from(
    { length: 2000 },
    (_, r) =>
      Array.from({ length: 10 }, (_, c) => Math.sin(r * (c % 3 + 1)) + Math.sin(7.3 * r + c) / 4),
  );
  const bytes = (await Detector.fit(rows)).save();
  return { name: "default detector", entry: "tables", loader: "TableScorer", columns: 10, bytes };
}

/** A program that scores one row. */
function scoring(library: string, { loader, columns }: Model, path: string): string {
  return `
const start = performance.now();
const { ${loader}: Model } = await import(${JSON.stringify(library)});
const imported = performance.now() - start;
const model = await Model.load(Deno.readFileSync(${JSON.stringify(path)}));
const loaded = performance.now() - start;
const out = new Float64Array(1);
model.scoreInto(new Float32Array(${columns}).fill(0.5), out);
const scored = performance.now() - start;
if (!Number.isFinite(out[0])) throw new RangeError("Expected a score");
${TELL}`;
}

const EMPTY = "const imported = 0, loaded = 0, scored = 0;";
const TELL = `
let processor = 0;
try {
  for (const { name } of Deno.readDirSync("/proc/self/task")) {
    processor += parseInt(Deno.readTextFileSync("/proc/self/task/" + name + "/schedstat")) / 1e6;
  }
} catch {
  processor = NaN;
}
console.log(JSON.stringify({ imported, loaded, scored, processor }));
`;

/** Writes the programs and what they need. Returns their paths by name, the empty one first. */
async function prepare(
  folder: string,
  roots: ReadonlyMap<string, URL>,
): Promise<Map<string, string>> {
  const small = (["networks", "tables"] as const).map((entry) => network(entry, 32, 64, 8));
  const large = [network("networks", 784, 400, 20), await detector()];
  const paths = new Map<string, string>();
  const add = async (name: string, text: string) => {
    const path = `${folder}/${name}.js`;
    paths.set(name, path);
    await Deno.writeTextFile(path, text);
  };
  await add("empty", EMPTY + TELL);
  for (const model of [...small, ...large]) {
    const { name, entry, bytes } = model, file = `${folder}/${name}.safetensors`;
    await Deno.writeFile(file, bytes);
    for (const [where, root] of roots) {
      const bundle = `${folder}/${entry}${where}.bundle.js`;
      await bundleEntry(entry, bundle, root);
      await add(`${name}, bundled${where}`, scoring(`file://${bundle}`, model, file));
    }
    if (roots.size > 1 || large.includes(model)) continue;
    await add(`${name}, sources`, scoring(entryUrl(entry).href, model, file));
  }
  return paths;
}

async function run(path: string, wrap: (args: string[]) => [string, string[]]): Promise<Account> {
  const [command, args] = wrap(["run", "--quiet", "--no-lock", "--no-check", "--allow-all", path]);
  const child = new Deno.Command(command, { args, stdin: "null" });
  const { success, stdout, stderr } = await child.output();
  if (!success) throw new TypeError(new TextDecoder().decode(stderr));
  return JSON.parse(new TextDecoder().decode(stdout));
}

/** Rounds of all programs, there and back; processor times less that of the empty one. */
async function measure(paths: ReadonlyMap<string, string>, count: number) {
  const pinning = await openPinning();
  const wrap = (args: string[]) => pinning.wrap(1, Deno.execPath(), args);
  for (const path of paths.values()) await run(path, wrap); // Deno compiles what it has not seen, once.
  const rounds: Map<string, Account>[] = [];
  for (let r = 0; r < count; r++) {
    const round = new Map<string, Account>();
    for (const [name, path] of r % 2 === 0 ? paths : [...paths].toReversed()) {
      round.set(name, await run(path, wrap));
    }
    const { processor } = round.get("empty")!;
    for (const account of round.values()) account.processor -= processor;
    rounds.push(round);
  }
  return rounds;
}

function spread(values: readonly number[]): string {
  const [least, most] = [Math.min(...values), Math.max(...values)].map((each) => each.toFixed(1));
  return `${median(values).toFixed(1)} ms (${least} to ${most})`;
}

const [other] = Deno.args;
const OTHER = ", other checkout";
const roots = new Map([["", OWN_ROOT]]);
if (other) roots.set(OTHER, new URL(`file://${await Deno.realPath(other)}/`));
const folder = await Deno.makeTempDir();
const paths = await prepare(folder, roots);
const rounds = await measure(paths, other ? ROUNDS_OF_TWO : ROUNDS);
await Deno.remove(folder, { recursive: true });

console.log(
  `Cold start to the first score, ${rounds.length} processes each, on one core if taskset is there`,
);
for (const name of [...paths.keys()].filter((each) => each !== "empty")) {
  console.log(name);
  for (const [stage, label] of Object.entries(STAGES) as [keyof Account, string][]) {
    const values = rounds.map((round) => round.get(name)![stage]);
    const before = rounds.map((round) => round.get(name + OTHER)?.[stage]);
    const differences = values.map((value, i) => value - (before[i] ?? NaN));
    const beside = other && before[0] !== undefined
      ? `, ${signed(median(differences))} of pairs`
      : "";
    console.log(`  ${label.padEnd(16)}${spread(values)}${beside}`);
  }
}

function signed(ms: number): string {
  return `${ms < 0 ? "" : "+"}${ms.toFixed(1)} ms, median`;
}
