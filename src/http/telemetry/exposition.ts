/** Prometheus' text format 0.0.4: families of samples, and histograms. */

export type Labels = Readonly<Record<string, string>>;

/** The first lines of a family. */
export function header(name: string, type: string, help: string): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`];
}

export function sample(name: string, labels: Labels, value: number): string {
  const pairs = Object.entries(labels).map(([key, text]) => `${key}="${escaped(text)}"`);
  return `${name}${pairs.length > 0 ? `{${pairs.join(",")}}` : ""} ${value}`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");
}

/** Counts of values by size. */
export class Histogram {
  readonly #bounds: readonly number[];
  /** Not cumulative. */
  readonly #counts: Float64Array;
  #sum = 0;

  /** @param bounds upper bounds, ascending */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds;
    this.#counts = new Float64Array(bounds.length + 1);
  }

  add(value: number): void {
    let i = 0;
    while (i < this.#bounds.length && value > this.#bounds[i]) i++;
    this.#counts[i]++;
    this.#sum += value;
  }

  lines(name: string, labels: Labels): string[] {
    let count = 0;
    const lines = [...this.#bounds, "+Inf"].map((bound, i) => {
      count += this.#counts[i];
      return sample(`${name}_bucket`, { ...labels, le: `${bound}` }, count);
    });
    return [
      ...lines,
      sample(`${name}_sum`, labels, this.#sum),
      sample(`${name}_count`, labels, count),
    ];
  }
}
