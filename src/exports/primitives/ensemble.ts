/**
 * The score of an ensemble in primitives, for complete rows: views, the networks' program, statistics, their surprisals
 * and the largest, as in `scoring/ensemble/`. Gaps are not filled in: a row with a gap has the score NaN.
 *
 *   rows [B, C] → score [B, 1], contributions [B, C], surprisals [B, S], view by view
 *
 * Statistics are float64 if the format has it: they are small differences of possibly large numbers.
 */
import { batched } from "../../core/shape.ts";
import { createGraph } from "../../graph/graph.ts";
import { createScope } from "../../layers/scope.ts";
import { type EnsembleModel, rankWeights } from "../../scoring/ensemble/ensemble.ts";
import { outputsOf } from "../../scoring/ensemble/members.ts";
import { LEAST_NATS } from "../../scoring/ensemble/level_odds.ts";
import type { Part } from "../../scoring/ensemble/part.ts";
import { outputsFor, type StatisticName } from "../../scoring/ensemble/statistics.ts";
import { FLOOR } from "../../scoring/ensemble/surprisal.ts";
import { rowSchema, type TableModel } from "../../scoring/table_model.ts";
import { levelNats } from "./level_odds.ts";
import { cellCosts, overTypical } from "./cells.ts";
import { Emitter } from "./emitter.ts";
import { lowered, type NamedValues, programOf } from "./lowered.ts";
import { type Neighbourhood, neighbourhood } from "./neighbourhood.ts";
import type { ExportProgram, Fused, Value } from "./primitives.ts";
import { curved, viewOf } from "./view.ts";

/** @throws RangeError naming an operation that cannot be exported */
export function exportEnsemble(table: TableModel, fused: readonly Fused[]): ExportProgram {
  const e = new Emitter(fused), model = table.ensemble!, { impossible, typical, window } = table;
  const schema = rowSchema(table.schema, window);
  const rows: Value = { name: "rows", shape: batched(schema.length), double: true };
  const xs = model.parts.map(({ view }) => viewOf(e, rows, view)),
    networkOutputs = networks(e, model, xs);
  const views = model.parts.map((part, p) =>
    new ViewStatistics(e, part, xs[p], networkOutputs, linearOf(model, part))
  );
  const { statistics } = model,
    pairs = views.flatMap((view) => statistics.map((name) => ({ view, name })));
  const surprisals = e.concat(pairs.map(({ view, name }) => view.surprisal(name)));
  const { score, mask } = combined(e, surprisals);
  const nats = e.mul(mask, e.mul(score, e.row("share", [1 / rankWeights(pairs.length).length])));
  const blamed = pairs.map(({ view, name }, s) =>
    view.blame(name, e.slice(nats, s, 1), schema.length)
  );
  const costs = cellCosts(e, rows, schema, { impossible });
  const raw = blamed.reduce((sum, each) => e.add(sum, each), costs);
  return programOf("score", e, [rows], {
    score: e.round(e.add(score, e.reduce("sumCols", costs))),
    contributions: e.round(e.add(raw, overTypical(e, typical))),
    surprisals: e.round(surprisals),
  });
}

function linearOf({ parameters }: EnsembleModel, { view }: Part): Float32Array {
  return parameters.get(`${view.name}.linear.weight`)!;
}

/** The program's outputs for each view; nearest references are searched for elsewhere. */
function networks(
  e: Emitter,
  { parts, statistics, parameters }: EnsembleModel,
  xs: readonly Value[],
): NamedValues {
  const outputNames = new Set(outputsFor(statistics)), g = createGraph();
  outputNames.delete("nearest");
  const outputs = outputsOf(createScope(g), parts.map(({ spec }) => spec), outputNames);
  const inputs = new Map(parts.map(({ view: { name } }, p) => [`x.${name}`, xs[p]]));
  return lowered(g, outputs, e, {
    parameter: (name) => parameters.get(name)!,
    input: ({ name }) => inputs.get(name)!,
  });
}

/** The score of each row, and a mask of the surprisals that it combines. */
function combined(e: Emitter, surprisals: Value): { score: Value; mask: Value } {
  const ranked: { weighted: Value; mask: Value }[] = [];
  let rest = surprisals;
  for (const [rank, weight] of rankWeights(surprisals.shape.cols).entries()) {
    const value = e.reduce("maxCols", rest), mask = e.isFirstLargest(rest, value);
    ranked.push({ weighted: e.mul(value, e.row(`rank.${rank}`, [weight])), mask });
    rest = e.select(mask, e.row("taken", [-1e300]), rest);
  }
  return {
    score: ranked.map(({ weighted }) => weighted).reduce((sum, each) => e.add(sum, each)),
    mask: ranked.map(({ mask }) => mask).reduce((sum, each) => e.add(sum, each)),
  };
}

/** One view: `scoring/ensemble/part.ts`. */
class ViewStatistics {
  readonly #e: Emitter;
  readonly #part: Part;
  /** Float64. */
  readonly #x: Value;
  readonly #networkOutputs: NamedValues;
  readonly #linear: Float32Array;
  #neighbourhood?: Neighbourhood;
  #levels?: Value;

  constructor(
    e: Emitter,
    part: Part,
    x: Value,
    networkOutputs: NamedValues,
    linear: Float32Array,
  ) {
    this.#linear = linear;
    this.#e = e;
    this.#part = part;
    this.#x = e.widen(x);
    this.#networkOutputs = networkOutputs;
  }

  /** `[B, 1]`, nats. */
  surprisal(name: StatisticName): Value {
    const e = this.#e, { view, surprisals } = this.#part;
    const log = e.log(e.max(this.#measure(name), e.row("floor", [FLOOR])));
    return curved(e, `${view.name}.${name}`, log, [surprisals[name]]);
  }

  /** Distributes `nats` `[B, 1]` over the columns, in proportion to each feature's part in the statistic. */
  blame(name: StatisticName, nats: Value, columns: number): Value {
    const e = this.#e, { name: view, features } = this.#part.view;
    const share = this.#share(name === "level" ? "linear" : name), sum = e.reduce("sumCols", share);
    const isAny = e.binary("less", e.row("zero", [0]), sum);
    const scale = e.div(nats, e.select(isAny, sum, e.row("one", [1])));
    const each = e.mul(nats, e.row(`${view}.each`, [1 / features.length]));
    const ofFeatures = e.select(isAny, e.mul(share, scale), each);
    const owner = Float64Array.from(
      { length: features.length * columns },
      (_, i) => Number(features[Math.floor(i / columns)].column === i % columns),
    );
    return e.matmul(ofFeatures, e.table(`${view}.owner`, features.length, columns, owner));
  }

  #measure(name: StatisticName): Value {
    const e = this.#e, { view } = this.#part;
    if (name === "kl") return e.widen(this.#networkOutputs[`kl.${view.name}`]);
    if (name === "neighbours") return this.#neighbours.distance;
    const sum = e.reduce("sumCols", this.#share(name));
    return name === "level" ? e.add(sum, e.row("leastNats", [LEAST_NATS])) : sum;
  }

  #share(name: StatisticName): Value {
    const e = this.#e, { view } = this.#part;
    if (name === "neighbours") return this.#neighbours.share;
    if (name === "level") return this.#levels ??= this.#levelNats();
    if (name === "residual") return e.widen(this.#networkOutputs[`residual.${view.name}`]);
    const of = name === "linear" ? e.widen(this.#networkOutputs[`linear.${view.name}`]) : this.#x;
    return e.mul(of, of);
  }

  #levelNats(): Value {
    const { view } = this.#part, r = this.#e.widen(this.#networkOutputs[`linear.${view.name}`]);
    return levelNats(this.#e, view, this.#linear, { x: this.#x, r });
  }

  get #neighbours(): Neighbourhood {
    const { view, references } = this.#part;
    return this.#neighbourhood ??= neighbourhood(this.#e, view.name, this.#x, references);
  }
}
