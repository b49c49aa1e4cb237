/**
 * Seeded fuzzing of model files. Random damage must always be noticed: a file that loads is the file that was written.
 * Damage with a corrected checksum, as an attacker would send it, must be refused, or give a model whose answers are
 * finite or refused.
 *
 *     deno run --allow-all tests/http/fuzz_files.ts [FILES] [SEED]
 */
import assert from "node:assert/strict";
import { crc32 } from "../../src/core/bytes/crc32.ts";
import { HostRandom } from "../../src/core/random/philox.ts";
import { decode, encode, type Tensor } from "../../src/formats/safetensors/safetensors.ts";
import { openModel } from "../../src/http/models/open_model.ts";
import { Problem } from "../../src/http/answers/problems.ts";
import { NotFiniteError } from "../../src/trained/finite.ts";
import { isTable, type Model, unitsOf, vaeOf } from "../../src/scoring/units.ts";
import { Detector } from "../../src/detection/mod.ts";
import { explainCells, explainerOf } from "../../src/scoring/explain/explain.ts";
import type { TableScorer } from "../../src/scoring/table_scorer.ts";
import { BINARY, HOSTILE, LINE, PLAIN, ROWS, TABLE } from "./util.ts";

/** Every kind of column, with gaps. */
const MIXED = ROWS.map(([heat, flow], r) => ({
  heat,
  flow: r % 9 === 4 ? null : flow,
  kind: "abc"[r % 3],
  lamp: r % 4 === 1 ? "on" : "off",
  hits: r % 5,
  time: new Date(1.7e12 + 1e7 * r),
}));
const TINY = { hidden: [4], latent: 2, epochs: 2, seed: 3 } as const;
const MIXED_ENSEMBLE = await Detector.fit(MIXED, { ...TINY, falseAlarmRate: 0.1 });
const MIXED_SMALL = await Detector.fit(MIXED, { ...TINY, preset: "small", falseAlarmRate: 0.1 });
const SERIES = await Detector.fit(ROWS.slice(0, 60), { window: 4, seed: 3, falseAlarmRate: 0.2 });

const FILES = [
  ...[TABLE, LINE, HOSTILE, PLAIN, BINARY, MIXED_SMALL, SERIES].map((model) => model.save()),
  // Nine in ten of the numbers of an ensemble's header are here.
  ...[MIXED_ENSEMBLE, MIXED_ENSEMBLE].map((model) => model.save()),
  MIXED_SMALL.save({ format: "int8" }),
];
/** One in this many files gets a corrected checksum, because those take longest. */
const FORGED = 10;

const NUMBERS = [0, -0, 1, -1, 1e-40, 3.4e38, -3.4e38, 1e30, NaN, Infinity, -Infinity];
const TOKENS = [
  ...["0", "-1", "1e9", "1e400", "null", "true", '""', "[]", "{}", "4096", "99999999999", '"relu"'],
  ...['"__proto__"', '"tanh"', "[1,1]", '{"type":"gaussian"}', "0.5", "16385"],
];

class Mutator {
  readonly #random: HostRandom;

  constructor(seed: number) {
    this.#random = new HostRandom(seed, 0, 78);
  }

  below(count: number): number {
    return this.#random.u32() % count;
  }

  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)];
  }

  /** Bytes flipped, set, removed, doubled, moved or inserted. */
  raw(file: Uint8Array): Uint8Array {
    const bytes = file.slice(), at = this.below(bytes.length), size = this.below(20);
    switch (this.below(7)) {
      case 0:
        bytes[at] ^= 1 << this.below(8);
        return bytes;
      case 1:
        bytes.fill(this.pick([0, 0x20, 0x22, 0x7b, 0x80, 0xff]), at, at + 1 + size);
        return bytes;
      case 2:
        return bytes.subarray(0, at);
      case 3:
        return new Uint8Array([...bytes, ...bytes.subarray(at, at + 1 + size)]);
      case 4:
        bytes.copyWithin(this.below(bytes.length), at, at + 1 + size);
        return bytes;
      case 5:
        new DataView(bytes.buffer).setBigUint64(
          0,
          BigInt(this.#random.u32()) << BigInt(this.below(32)),
          true,
        );
        return bytes;
      default:
        return this.headerToken(bytes);
    }
  }

  /** One number or text of the header, replaced. */
  headerToken(bytes: Uint8Array): Uint8Array {
    const end = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
    const header = this.token(new TextDecoder().decode(bytes.subarray(8, end)));
    const text = new TextEncoder().encode(header);
    const damaged = new Uint8Array([...bytes.subarray(0, 8), ...text, ...bytes.subarray(end)]);
    new DataView(damaged.buffer).setBigUint64(0, BigInt(text.length), true);
    return damaged;
  }

  token(text: string): string {
    const places = [...text.matchAll(/-?\d+(\.\d+)?|"(?:[^"\\]|\\.)*"|true|false/g)];
    if (places.length === 0) return this.pick(TOKENS);
    const { index, 0: old } = this.pick(places);
    return text.slice(0, index) + this.pick(TOKENS) + text.slice(index + old.length);
  }

  /** Metadata or numbers changed, and the checksum corrected. */
  forged(file: Uint8Array): Uint8Array {
    const { tensors, metadata } = decode(file);
    const fields: Record<string, string> = { ...metadata };
    for (let i = 0; i <= this.below(2); i++) {
      if (this.below(2) === 0) {
        const key = this.pick(
          ["spec", "table", "kind", "version", "ensemble"].filter((each) => each in fields),
        );
        fields[key] = this.pick([
          (text: string) => this.token(text),
          (text: string) => this.token(text),
          (text: string) => this.restructured(text),
          (text: string) => text.slice(0, this.below(99)),
        ])(fields[key]);
      } else this.changeTensor(tensors);
    }
    fields.checksum = "00000000";
    const checksum = crc32(encode(tensors, fields));
    return encode(tensors, { ...fields, checksum });
  }

  /** A list or object of the JSON with one member removed, doubled or moved, as an editor might leave it. */
  restructured(text: string): string {
    let value: unknown;
    try {
      value = JSON.parse(text);
    } catch {
      return text;
    }
    const places: object[] = [];
    const visit = (each: unknown) => {
      if (typeof each !== "object" || each === null) return;
      if (Object.keys(each).length > 0) places.push(each);
      Object.values(each).forEach(visit);
    };
    visit(value);
    if (places.length === 0) return text;
    const place = this.pick(places), keys = Object.keys(place), key = this.pick(keys);
    const other = Reflect.get(this.pick(places), key) ?? Reflect.get(place, this.pick(keys));
    const from = structuredClone(other);
    if (!Array.isArray(place)) {
      if (this.below(2) === 0) Reflect.deleteProperty(place, key);
      else Reflect.set(place, key, from);
    } else {
      const at = Number(key), member = place[at];
      place.splice(at, 1, ...this.pick([[], [member, member], [from]]));
      if (this.below(3) === 0) place.reverse();
    }
    return JSON.stringify(value);
  }

  changeTensor(tensors: Map<string, Tensor>): void {
    const [name, { dtype, shape, data }] = this.pick([...tensors]);
    const choice = this.below(6);
    if (choice === 0) {
      tensors.delete(name);
      if (this.below(2) === 0) tensors.set(`${name}x`, { dtype, shape, data });
    } else if (choice === 1) {
      tensors.set(name, { dtype, shape: [...shape].reverse(), data });
    } else {
      const values = (data as Float32Array).slice();
      const value = this.pick(NUMBERS);
      if (this.below(3) === 0) values.fill(value);
      else if (values.length > 0) values[this.below(values.length)] = value;
      tensors.set(name, { dtype, shape, data: values });
    }
  }
}

/** How many files ended in which way. */
export interface Outcome {
  refused: number;
  taken: number;
  /** Of the loaded files: requests that were refused because of a row. */
  notFinite: number;
}

/** @throws AssertionError at the first file that breaks a promise, naming it */
export async function fuzzFiles(files: number, seed: number): Promise<Outcome> {
  const mutator = new Mutator(seed), outcome: Outcome = { refused: 0, taken: 0, notFinite: 0 };
  for (let i = 0; i < files; i++) {
    const file = mutator.pick(FILES), isForged = mutator.below(FORGED) === 0;
    const bytes = isForged ? mutator.forged(file) : mutator.raw(file);
    const model = open(bytes, `file ${i} of seed ${seed}`);
    if (!model) {
      outcome.refused++;
      continue;
    }
    outcome.taken++;
    if (!isForged) {
      assert.deepEqual(model.save(), file, `file ${i} of seed ${seed} was taken for another`);
    }
    if (!await isFinite(model)) outcome.notFinite++;
    model.dispose();
  }
  return outcome;
}

function open(bytes: Uint8Array, name: string): Model | undefined {
  try {
    return openModel(bytes, {}, true);
  } catch (error) {
    assert.ok(error instanceof Problem, `${name}: ${error}`);
    assert.equal(error.kind, "invalid-model");
    assert.match(error.message, /^Cannot /);
    return undefined;
  }
}

/** Whether all answers of a model are finite; it must refuse what is not. */
async function isFinite(model: Model): Promise<boolean> {
  const { columns, schema, toVae, missing } = unitsOf(model), vae = vaeOf(model);
  const width = columns.length;
  const rows = 8;
  // Numbers, codes of levels and, in the last two rows, gaps where they may be.
  const data = Float64Array.from({ length: rows * width }, (_, i) => {
    const row = Math.floor(i / width), c = i % width;
    if (row >= rows - 2 && c < missing && (c + row) % 2 === 0) return NaN;
    return row % 2 ? 1 : schema?.[c].levels ? 0 : 0.5;
  });
  const cells = { data, rows };
  try {
    if (isTable(model)) {
      const { scores, contributions } = model.scoreCells(cells);
      requireFinite(scores);
      requireFinite(contributions);
      if (explains(model)) {
        const explained = explainCells(model, cells, { columns: 2 });
        for (let r = 0; r < rows; r++) {
          for (const { nats, interval = [] } of explained.blamed(r)) {
            requireFinite([nats, ...interval].filter((each) => typeof each === "number"));
          }
        }
      }
      if (model.window !== undefined) return true;
    } else requireFinite(await model.score(toVae(cells)));
    const whole = { data: data.subarray(0, (rows - 2) * width), rows: rows - 2 };
    const { mean } = await vae.encode(toVae(whole));
    requireFinite(mean.data);
    requireFinite((await vae.decode(mean)).data);
    return true;
  } catch (error) {
    if (error instanceof NotFiniteError) return false;
    throw error;
  }
}

function explains(model: TableScorer): boolean {
  try {
    return explainerOf(model) !== undefined;
  } catch (error) {
    assert.match((error as Error).message, /^Cannot explain/);
    return false;
  }
}

function requireFinite(numbers: Iterable<number>): void {
  assert.ok(Array.from(numbers).every(Number.isFinite));
}

if (import.meta.main) {
  const [files = "1000000", seed = "1"] = Deno.args;
  const start = performance.now(), before = Deno.memoryUsage().rss;
  const { refused, taken, notFinite } = await fuzzFiles(Number(files), Number(seed));
  const mebibytes = (Deno.memoryUsage().rss - before) / 2 ** 20;
  console.log(
    `${files} files, seed ${seed}: ${refused} refused, ${taken} taken, ${notFinite} of these answered by a refusal; ${
      ((performance.now() - start) / 1000).toFixed(0)
    } s, memory ${mebibytes.toFixed(0)} MiB more than before`,
  );
}
