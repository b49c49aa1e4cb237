/**
 * Fits random small detectors to hostile tables. Each fit must give finite scores that add up, or refuse with a clear
 * error.
 *
 *     deno task campaign:never-nan [--fits 10000] [--first 0] [--preset ensemble|small]
 *
 * The detector is the default ensemble, sometimes with `robust`, or a single network, sometimes with another
 * likelihood. Prints how the fits ended, and the seed of each fault; the exit status is 1 if there was one.
 */
import { parseArgs } from "node:util";
import { Detector, type DetectorOptions } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";

/** How a fit ended. */
export type Ending =
  | { readonly kind: "scored" }
  | { readonly kind: "refused"; readonly why: string }
  | { readonly kind: "fault"; readonly why: string };

type Column = (random: HostRandom, rows: number) => number[];

const fill = (cell: (random: HostRandom, r: number) => number): Column => (random, rows) =>
  Array.from({ length: rows }, (_, r) => cell(random, r));

/** Normal draws, of which a share is replaced by a value. */
const but = (share: number, value: number): Column =>
  fill((random) => random.uniformF64() < share ? value : normal(random));

const COLUMNS: Readonly<Record<string, Column>> = {
  normal: fill(normal),
  constant: fill(() => 7),
  zero: fill(() => 0),
  "negative zero": fill((_, r) => r % 2 === 0 ? 0 : -0),
  "all missing": fill(() => NaN),
  "some missing": but(0.3, NaN),
  "one there": fill((_, r) => r === 0 ? 3 : NaN),
  huge: fill((random) => 1e30 * normal(random)),
  "beyond float32": fill((random) => 1e140 * normal(random)),
  tiny: fill((random) => 1e-30 * normal(random)),
  denormal: fill((_, r) => r * 5e-324),
  "one of 1e30": fill((random, r) => r === 3 ? 1e30 : normal(random)),
  "some of 1e30": but(0.1, 1e30),
  "last digits": fill((random) => 1e9 + 1e-6 * normal(random)),
  cauchy: fill((random) => normal(random) / normal(random)),
  "cauchy cubed": fill((random) => (normal(random) / normal(random)) ** 3),
  binary: fill((random) => random.below(2)),
  "nearly constant": fill((_, r) => r === 1 ? 1 : 0),
  counts: fill((random) => Math.floor(Math.exp(4 * normal(random)))),
  step: fill((_, r) => r),
};

/** Columns that are always refused because of their values. They are rare, because a refusal tests little. */
const REFUSED: readonly Column[] = [
  fill((random) => 1e200 * normal(random)),
  but(0.05, Infinity),
];

const LIKELIHOODS = [
  "gaussian",
  "contaminatedGaussian",
  "studentT",
  "laplace",
  "poisson",
  "bernoulli",
] as const;

export type Fitted = "ensemble" | "small";

/** A table and the options of its fit, determined by the seed. */
function hostileCase(
  seed: number,
  preset: Fitted,
): { rows: number[][]; options: DetectorOptions } {
  const random = new HostRandom(seed, 0, 12);
  const pick = <T>(list: readonly T[]): T => list[random.below(list.length)];
  const rows = pick([1, 9, 10, 11, 20, 20, 40, 40, 60]), width = pick([1, 2, 3, 5]);
  const columns: number[][] = [];
  for (let c = 0; c < width; c++) {
    const again = c > 0 && random.uniformF64() < 0.15;
    const kinds = random.uniformF64() < 0.02 ? REFUSED : Object.values(COLUMNS);
    columns.push(again ? pick(columns) : pick(kinds)(random, rows));
  }
  const table = Array.from({ length: rows }, (_, r) => columns.map((column) => column[r]));
  if (random.uniformF64() < 0.1) table.fill(table[0]); // all rows are the same
  return {
    rows: table,
    options: {
      seed,
      epochs: pick([1, 2, 5]),
      hidden: pick([[], [3], [4, 4]]),
      latent: pick([1, 2, 4]),
      batchSize: pick([1, 7, 128]),
      falseAlarmRate: pick([0.01, 0.2, 0.9]),
      ...(preset === "small" && { preset, likelihood: pick(LIKELIHOODS) }),
      ...(random.uniformF64() < 0.2 && { robust: true }),
      optimizer: { type: "adam", learningRate: pick([1e-3, 0.05, 5, 1e4]) },
    },
  };
}

/**
 * Fits a detector; scores its own rows, rows with the same extreme or missing value in all cells, and rows with one
 * gap.
 */
export async function endingOf(seed: number, preset: Fitted): Promise<Ending> {
  const { rows, options } = hostileCase(seed, preset), width = rows[0].length;
  const probes = [
    ...[0, 1, -1e30, 1e30, 1e150, 5e-324, NaN].map((value) => new Array<number>(width).fill(value)),
    ...rows[0].map((_, c) => rows[0].with(c, NaN)),
  ];
  let detector: Detector | undefined;
  try {
    detector = await Detector.fit(rows, options);
    await requireSound(detector, rows);
    for (const probe of probes) {
      const refused = await requireSound(detector, [probe]).catch(refusalOf);
      if (refused?.kind === "fault") return refused;
    }
    await requireSound(await Detector.load(detector.save()), rows);
    return { kind: "scored" };
  } catch (error) {
    return refusalOf(error);
  } finally {
    detector?.dispose();
  }
}

class Unsound extends Error {}

async function requireSound(detector: Detector, rows: readonly number[][]): Promise<undefined> {
  for (const { score, pValue, contributions } of await detector.score(rows)) {
    const parts = Object.values(contributions);
    const sum = parts.reduce((a, b) => a + b, 0);
    const size = parts.reduce((a, b) => a + Math.abs(b), 1);
    if (![score, pValue, ...parts].every(Number.isFinite)) throw new Unsound("not finite");
    if (!(pValue > 0 && pValue <= 1)) throw new Unsound(`p-value ${pValue}`);
    if (Math.abs(sum - score) > 1e-5 * size) throw new Unsound(`${sum} for score ${score}`);
  }
}

/**
 * A refusal is an error that the library throws deliberately: its message starts with "Cannot" or "Training diverged".
 */
function refusalOf(error: unknown): Ending {
  const why = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
  const own = error instanceof Error && !(error instanceof Unsound) &&
    /^(Cannot |Training diverged)/.test(error.message) && !/properties of/.test(error.message);
  return { kind: own ? "refused" : "fault", why };
}

/** The message without numbers and names, to count equal ones. */
function subjectOf(why: string): string {
  return why.replace(/"[^"]*"/g, "…").replace(/row \d+/g, "row N")
    .replace(/column, [^,]*, /, "column, N, ").replace(/, got .*/, "")
    .slice(0, 110);
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      fits: { type: "string", default: "10000" },
      first: { type: "string", default: "0" },
      preset: { type: "string", default: "ensemble" },
    },
  });
  const counts = new Map<string, number>(), first = Number(values.first);
  const preset = values.preset === "small" ? "small" : "ensemble";
  const faults: string[] = [];
  for (let seed = first; seed < first + Number(values.fits); seed++) {
    const ending = await endingOf(seed, preset);
    const key = ending.kind === "refused" ? `refused: ${subjectOf(ending.why)}` : ending.kind;
    counts.set(key, (counts.get(key) ?? 0) + 1);
    if (ending.kind === "fault") {
      faults.push(`seed ${seed}: ${ending.why}`);
      console.error(faults.at(-1));
    }
    if ((seed - first + 1) % 500 === 0) console.error(`${seed - first + 1} fits`);
  }
  for (const [key, count] of [...counts].sort((a, b) => b[1] - a[1])) console.log(count, key);
  for (const fault of faults) console.log(fault);
  Deno.exit(faults.length > 0 ? 1 : 0);
}
