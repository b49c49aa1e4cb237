/**
 * What a detector does around its network, in primitives, so that its graphs take rows of its table and answer in the
 * table's units. Cells are as `toCells` gives them: levels by index, times in seconds, NaN if missing.
 *
 *   rows [B, C] → x                            `table/expansion.ts`, `table/standardize.ts`; the mask of `observed.ts`
 *   cost, kl → score [B, 1], contributions [B, C]      `contributions.ts`; `cells.ts`
 *   mean [B, D] → rows [B, C]                  the inverse
 *
 * A network that needs complete rows fills gaps with runs of its own (`trained/calls/completion.ts`), which no graph
 * contains: a row with a gap has the score NaN there.
 */
import { batched } from "../../core/shape.ts";
import { placeholders } from "../../distributions/likelihood.ts";
import type { ModelSpec } from "../../models/spec.ts";
import { CYCLES } from "../../scoring/table/expansion.ts";
import type { ColumnKind, ColumnSchema } from "../../scoring/table/schema.ts";
import { rowSchema, type TableModel } from "../../scoring/table_model.ts";
import type { Emitter } from "./emitter.ts";
import { cellCosts, cosTurns, isNotPositive, overTypical } from "./cells.ts";
import type { NamedValues } from "./lowered.ts";
import type { Value } from "./primitives.ts";

/** Adjacent columns of one kind; or one column, if the network has several for it. */
interface Run {
  readonly kind: ColumnKind;
  readonly first: number;
  readonly columns: number;
  /** Columns of the network for each of them. */
  readonly each: number;
  /** The first of the network's columns, if there are any. */
  readonly at: number;
}

/** The table of one program. */
export class ExportTable {
  readonly rows: Value;
  readonly #e: Emitter;
  readonly #model: TableModel;
  readonly #spec: ModelSpec;
  readonly #schema: readonly ColumnSchema[];
  readonly #runs: readonly Run[];
  #x?: Value;

  constructor(e: Emitter, model: TableModel, spec: ModelSpec) {
    this.#e = e;
    this.#model = model;
    this.#spec = spec;
    this.#schema = rowSchema(model.schema, model.window);
    this.#runs = runsOf(this.#schema, model);
    this.rows = { name: "rows", shape: batched(this.#schema.length), double: true };
  }

  /** The network's input. */
  get x(): Value {
    return this.#x ??= this.#network();
  }

  #network(): Value {
    const e = this.#e, { centre, scale, limit } = this.#model.standardization;
    const expanded = this.#perRun((run) => this.#expand(run));
    const scaled = e.div(e.sub(expanded, e.row("centre", centre)), e.row("scale", scale));
    const low = e.min(scaled, e.row("limit", limit));
    const x = e.round(e.max(low, e.row("lowest", limit.map((each) => -each))));
    if (!this.#spec.missing) return x;
    const present = e.round(this.#perRun((run) => this.#stretched(this.#isPresent(run), run)));
    const fill = e.row("placeholders", placeholders(this.#spec.likelihood, this.#spec.inputs));
    return e.concat([e.select(present, x, e.round(fill)), present]);
  }

  #expand(run: Run): Value {
    const e = this.#e, cells = this.#cells(run);
    if (run.kind === "categorical") {
      return e.binary("equal", cells, e.places(run.each));
    }
    if (run.kind === "timestamp") return this.#circles(cells);
    if (!this.#model.expansion.isLog(run.kind)) return cells;
    return e.log(e.select(isNotPositive(e, cells), e.row("one", [1]), cells));
  }

  #circles(seconds: Value): Value {
    const e = this.#e;
    const row = (name: string, of: (circle: typeof CYCLES[number]) => number) =>
      e.row(`times.${name}`, CYCLES.map(of));
    const since = e.sub(seconds, row("origin", ({ origin }) => origin));
    const turns = e.sub(
      e.div(since, row("period", ({ period }) => period)),
      row("lag", (c) => c.lag),
    );
    return cosTurns(e, turns);
  }

  /** The outputs of a graph, in the table's terms. */
  outputs(outputs: NamedValues): NamedValues {
    const { score, mean, logVar } = outputs;
    if (score) return { ...outputs, ...this.#score(outputs) };
    return mean && !logVar ? { ...outputs, rows: this.#restored(mean) } : outputs;
  }

  #score({ cost, kl }: NamedValues): NamedValues {
    const e = this.#e, { typical, costs = typical, impossible } = this.#model;
    const sum = (x: Value) => e.reduce("sumCols", x);
    const contributions = this.#folded(e.add(cost, e.mul(sum(kl), this.#shares())));
    const missingCosts = this.#spec.missing ? costs : undefined;
    const extraCosts = e.round(
      cellCosts(e, this.rows, this.#schema, { impossible, missing: missingCosts }),
    );
    return {
      score: e.add(e.add(sum(cost), sum(kl)), sum(extraCosts)),
      contributions: e.add(e.add(contributions, extraCosts), e.round(overTypical(e, typical))),
    };
  }

  /** x² / Σ x², with x relative to its largest value so that no square overflows float32. */
  #shares(): Value {
    const e = this.#e, { width } = this.#model.expansion;
    const sizes = e.abs(this.#spec.missing ? e.slice(this.x, 0, width) : this.x);
    const most = e.reduce("maxCols", sizes), isAny = e.binary("less", e.number(0), most);
    const relative = e.div(sizes, e.select(isAny, most, e.number(1)));
    const squares = e.mul(relative, relative), total = e.reduce("sumCols", squares);
    return e.select(
      isAny,
      e.div(squares, e.select(isAny, total, e.number(1))),
      e.number(1 / width),
    );
  }

  /** Sums values of the network's columns over each of the table's columns. */
  #folded(values: Value): Value {
    const { owner } = this.#model.expansion, columns = this.#schema.length;
    if (owner.length === columns && owner.every((c, d) => c === d)) return values;
    const belongs = this.#e.matrix(
      "owner",
      owner.length,
      columns,
      (d, c) => Number(owner[d] === c),
    );
    return this.#e.matmul(values, belongs);
  }

  /** 1 where a cell is present. */
  #isPresent(run: Run): Value {
    const cells = this.#cells(run);
    return this.#e.binary("equal", cells, cells);
  }

  /** A category becomes its most likely level; a time cannot be decoded. */
  #restored(mean: Value): Value {
    const e = this.#e, { centre, scale } = this.#model.standardization;
    const restored = e.add(e.mul(e.widen(mean), e.row("scale", scale)), e.row("centre", centre));
    return e.concat(this.#runs.map((run) => {
      const own = run.columns * run.each;
      if (own === 0) return e.mul(e.slice(restored, 0, 1), e.row("zero", [0]));
      const decoded = e.slice(restored, run.at, own);
      if (run.kind === "categorical") {
        return e.reduce("sumCols", e.mul(e.isFirstLargest(decoded), e.places(run.each)));
      }
      if (run.kind === "timestamp") return e.mul(e.slice(decoded, 0, 1), e.row("unknown", [NaN]));
      return this.#model.expansion.isLog(run.kind) ? e.exp(decoded) : decoded;
    }));
  }

  #cells({ first, columns }: Run): Value {
    return this.#e.slice(this.rows, first, columns);
  }

  /** A column repeated as often as the network has it. */
  #stretched(column: Value, { columns, each }: Run): Value {
    if (columns > 1 || each === 1) return column;
    return this.#e.mul(column, this.#e.row(`ones.${each}`, new Array<number>(each).fill(1)));
  }

  /** In the order of the network's columns. */
  #perRun(of: (run: Run) => Value): Value {
    const runs = this.#runs.filter(({ each }) => each > 0).sort((a, b) => a.at - b.at);
    return this.#e.concat(runs.map(of));
  }
}

function runsOf(schema: readonly ColumnSchema[], { expansion: { owner } }: TableModel): Run[] {
  const each = new Array<number>(schema.length).fill(0), runs: Run[] = [];
  for (const c of owner) each[c]++;
  schema.forEach(({ kind }, first) => {
    const last = runs.at(-1);
    if (last?.kind === kind && last.each === 1 && each[first] === 1) {
      runs[runs.length - 1] = { ...last, columns: last.columns + 1 };
    } else runs.push({ kind, first, columns: 1, each: each[first], at: owner.indexOf(first) });
  });
  return runs;
}
