/**
 * What a detector finds in tables that mix numbers and categories. Seven made tables are fitted without faults; then
 * faults of four kinds are planted, each in one cell of 300 new rows, and ranked against 2,000 new rows without:
 *
 *   level    a category has the level of another row
 *   number   a number is that of another row
 *   rare     a level that 1 row in 50, ordinary ones as well, has in one of its categories
 *   unseen   a text that no training row has
 *
 * Prints AUROC and average precision, and how often the planted column is blamed most, in percent, means over seeds;
 * and the size of the first seed's file, and the least time of a score of one row. docs/adr/0082 has the results.
 *
 *     deno task experiment:mixed [seeds] [preset] [share of cells that are missing]
 */
import { Detector } from "../../mod.ts";
import { normal } from "../../src/core/random/draws.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { auroc, averagePrecision } from "../../src/scoring/metrics.ts";
import { toCells } from "../../src/scoring/table/table_rows.ts";

type Row = Record<string, number | string | null>;

const [seeds = "3", preset = "ensemble", share = "0"] = Deno.args, missing = Number(share);

const TRAINING = 4000, ORDINARY = 2000, FAULTY = 300;

/** Names of `count` things. */
const names = (what: string, count: number) =>
  Array.from({ length: count }, (_, i) => `${what}${i}`);

function normals(random: HostRandom, count: number): number[] {
  return Array.from({ length: count }, () => normal(random));
}

const dot = (a: readonly number[], b: readonly number[]) =>
  a.reduce((sum, value, i) => sum + value * b[i], 0);

const indexOfLargest = (values: readonly number[]) => values.indexOf(Math.max(...values));

/** An index in a list of weights, with probability in proportion. */
function pick(random: HostRandom, weights: readonly number[]): number {
  let left = random.uniformF64() * weights.reduce((sum, each) => sum + each, 0);
  const found = weights.findIndex((weight) => (left -= weight) < 0);
  return found < 0 ? weights.length - 1 : found;
}

type MakeRow = (random: HostRandom) => Row;

/** Each takes the random numbers of what all rows share, and returns a function that draws a row. */
const TABLES: Readonly<Record<string, (random: HostRandom) => MakeRow>> = {
  /** 8 times three numbers and a category of 10 levels, of 4 hidden causes. */
  machines(random) {
    const loadings = Array.from({ length: 24 }, () => normals(random, 4));
    const levels = Array.from(
      { length: 8 },
      () => Array.from({ length: 10 }, () => normals(random, 4)),
    );
    return (random) => {
      const cause = normals(random, 4);
      return Object.fromEntries(levels.flatMap((of, i) => {
        const fits = of.map((each) => 4 * dot(each, cause) + normal(random));
        return [
          ...[0, 1, 2].map((k) => {
            const number = dot(loadings[3 * i + k], cause) + 0.5 * normal(random);
            return [`n${3 * i + k}`, number] as const;
          }),
          [`c${i}`, `level${indexOfLargest(fits)}`] as const,
        ];
      }));
    };
  },
  /** A city has a country, which has a currency; amounts depend on product and country. */
  orders(random) {
    const country = names("country", 20).map(() => random.below(6));
    const currency = names("currency", 6).map(() => random.below(4));
    const price = normals(random, 8), duty = normals(random, 6);
    return (random) => {
      const city = random.below(20), product = random.below(8), at = country[city];
      const unit = 2 * price[product] + 0.3 * normal(random), quantity = 1 + random.below(9);
      return {
        city: `city${city}`,
        country: `country${at}`,
        currency: `currency${currency[at]}`,
        product: `product${product}`,
        amount: Math.exp(unit) * quantity,
        quantity,
        weight: Math.exp(price[product] + 0.2 * normal(random)),
        duty: duty[at] + 0.1 * normal(random),
      };
    };
  },
  /** Six categories of eight levels, which a hidden class of twelve decides in 95 of 100 cells. */
  codes(random) {
    const usual = names("class", 12).map(() => Array.from({ length: 6 }, () => random.below(8)));
    return (random) => {
      const of = usual[random.below(12)];
      return Object.fromEntries(of.map((level, i) => {
        const actual = random.uniformF64() < 0.95 ? level : random.below(8);
        return [`c${i}`, `level${actual}`];
      }));
    };
  },
  /** Categories that are ranges of numbers. */
  ranges: () => (random) => {
    const [cause, ...own] = normals(random, 5),
      numbers = own.map((each) => 0.7 * cause + 0.7 * each);
    const range = (value: number) => `range${Math.max(0, Math.min(9, Math.floor(2 * value + 5)))}`;
    return {
      ...Object.fromEntries(numbers.map((value, i) => [`n${i}`, value])),
      ...Object.fromEntries(numbers.slice(0, 3).map((value, i) => [`c${i}`, range(value)])),
    };
  },
  /** Three categories of 40 levels, some of them rare, each with its own mean of three numbers. */
  many(random) {
    const shares = names("level", 40).map((_, i) => 1 / (i + 3));
    const means = Array.from({ length: 3 }, () => shares.map(() => normals(random, 3)));
    return (random) => {
      const levels = means.map(() => pick(random, shares));
      return {
        ...Object.fromEntries(levels.map((level, i) => [`c${i}`, `level${level}`])),
        ...Object.fromEntries(
          levels.flatMap((level, i) =>
            means[i][level].map((mean, k) => [`n${i}${k}`, mean + 0.3 * normal(random)])
          ),
        ),
      };
    };
  },
  /** The level says how the numbers depend on each other, not how large they are. */
  regimes(random) {
    const signs = names("regime", 6).map(() => names("n", 6).map(() => random.below(2) * 2 - 1));
    return (random) => {
      const regime = random.below(6), cause = normal(random);
      return {
        ...Object.fromEntries(
          signs[regime].map((sign, i) => [`n${i}`, sign * cause + 0.3 * normal(random)]),
        ),
        regime: `regime${regime}`,
        site: `site${(regime + random.below(2)) % 6}`,
      };
    };
  },
  /** Categories that say nothing of anything else. */
  unrelated: () => (random) => {
    const cause = normal(random);
    return {
      ...Object.fromEntries(normals(random, 8).map((own, i) => [`n${i}`, cause + 0.5 * own])),
      ...Object.fromEntries(names("c", 4).map((name) => [name, `level${random.below(10)}`])),
    };
  },
};

const isCategory = (value: Row[string]) => typeof value === "string";

type Plant = (row: Row, other: Row, random: HostRandom) => string | undefined;

/** Each changes one cell of a row, and returns its column; undefined if this row has no such cell. */
const FAULTS: Readonly<Record<string, Plant>> = {
  level: (row, other, random) => takeFrom(row, other, random, true),
  number: (row, other, random) => takeFrom(row, other, random, false),
  rare: (row, _, random) => setText(row, random, "rare"),
  unseen: (row, _, random) => setText(row, random, "new"),
};

function columnOf(row: Row, random: HostRandom, category: boolean): string | undefined {
  const columns = Object.keys(row).filter((name) => isCategory(row[name]) === category);
  return columns[random.below(Math.max(1, columns.length))];
}

function takeFrom(row: Row, other: Row, random: HostRandom, category: boolean) {
  const column = columnOf(row, random, category);
  if (column === undefined || row[column] === other[column]) return undefined;
  row[column] = other[column];
  return column;
}

function setText(row: Row, random: HostRandom, text: string) {
  const column = columnOf(row, random, true)!;
  row[column] = text;
  return column;
}

/** A row without some of its cells, but with those of `kept`. */
function lacking(row: Row, share: number, random: HostRandom, kept = ""): Row {
  if (share === 0) return row;
  return Object.fromEntries(
    Object.entries(row).map((
      [name, cell],
    ) => [name, name !== kept && random.uniformF64() < share ? null : cell]),
  );
}

/** AUROC, average precision and the share blamed first, for each kind of fault that the table can have. */
async function evaluate(table: string, seed: number) {
  const random = new HostRandom(seed, 0, 7), make = TABLES[table](random);
  const whole = Array.from({ length: TRAINING + ORDINARY }, () => make(random));
  for (const row of whole) if (random.below(50) === 0) setText(row, random, "rare");
  const rows = whole.map((row) => lacking(row, missing, random));
  const detector = await Detector.fit(rows.slice(0, TRAINING), {
    seed,
    preset: preset as "ensemble" | "small",
  });
  const ordinary = await detector.score(rows.slice(TRAINING));
  const results: Record<string, readonly number[]> = {};
  for (const [kind, plant] of Object.entries(FAULTS)) {
    const rows: Row[] = [], columns: string[] = [];
    for (let tries = 0; rows.length < FAULTY && tries < 20 * FAULTY; tries++) {
      const row = make(random), column = plant(row, make(random), random);
      if (column !== undefined) {
        rows.push(lacking(row, missing, random, column));
        columns.push(column);
      }
    }
    if (rows.length === 0) continue;
    const faulty = await detector.score(rows);
    const scores = Float64Array.from([...ordinary, ...faulty], ({ score }) => score);
    const label = Array.from(scores, (_, i) => Number(i >= ORDINARY));
    const blamed = faulty.filter(({ contributions }, i) =>
      Object.values(contributions).every((nats) => nats <= contributions[columns[i]])
    );
    results[kind] = [
      auroc(scores, label),
      averagePrecision(scores, label),
      blamed.length / rows.length,
    ].map((share) => 100 * share);
  }
  const bytes = detector.save().length, microseconds = timeOf(detector, rows[0]);
  detector.dispose();
  return { results, bytes, microseconds };
}

/** The least mean time of a call of `scoreInto` among many short samples. */
function timeOf(detector: Detector, row: Row): number {
  const { data } = toCells([row], detector.schema), out = new Float64Array(1);
  let least = Infinity;
  for (let sample = 0; sample < 300; sample++) {
    const start = performance.now();
    for (let i = 0; i < 50; i++) detector.scoreInto(data, out);
    least = Math.min(least, (performance.now() - start) / 50);
  }
  return 1000 * least;
}

console.log("table       fault     AUROC     AP  blamed");
const all: Record<string, number[][]> = {};
for (const table of Object.keys(TABLES)) {
  const runs: Awaited<ReturnType<typeof evaluate>>[] = [];
  for (let seed = 1; seed <= Number(seeds); seed++) {
    runs.push(await evaluate(table, seed));
  }
  for (const kind of Object.keys(runs[0].results)) {
    const means = [0, 1, 2].map((i) =>
      runs.reduce((sum, { results }) => sum + results[kind][i], 0) / runs.length
    );
    (all[kind] ??= []).push(means);
    const figures = means.map((mean) => mean.toFixed(1).padStart(7)).join("");
    console.log(`${table.padEnd(12)}${kind.padEnd(7)}${figures}`);
  }
  const [{ bytes, microseconds }] = runs;
  console.log(`${table.padEnd(12)}${(bytes / 1000).toFixed(1)} kB, ${microseconds.toFixed(1)} us`);
}
for (const [kind, means] of Object.entries(all)) {
  const figures = [0, 1, 2].map((i) =>
    (means.reduce((sum, each) => sum + each[i], 0) / means.length).toFixed(1).padStart(7)
  );
  console.log(`${"mean".padEnd(12)}${kind.padEnd(7)}${figures.join("")}`);
}
