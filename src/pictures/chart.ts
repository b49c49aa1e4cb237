/**
 * Charts as SVG text: curves over a common x, and classes of points. Axes have round ticks, there is a legend if there
 * is more than one series, and the colours are distinguishable for colour-blind readers (Okabe and Ito, 2008). Values
 * that are not finite are left out.
 */

/** A curve or a cloud of points. */
export interface Series {
  /** The name in the legend. */
  readonly name: string;
  /** Horizontal positions. */
  readonly x: ArrayLike<number>;
  /** Vertical positions, the same number. */
  readonly y: ArrayLike<number>;
}

/** The text of a chart. */
export interface ChartText {
  /** Above the chart. */
  readonly title: string;
  /** Below the horizontal axis. */
  readonly xLabel: string;
  /** Beside the vertical axis. */
  readonly yLabel: string;
}

const COLOURS = [
  "#0072b2",
  "#e69f00",
  "#009e73",
  "#cc79a7",
  "#56b4e9",
  "#d55e00",
  "#f0e442",
  "#000000",
  "#999999",
  "#7f3c8d",
];

/** Series that differ in colour. */
export const COLOURED_SERIES: number = COLOURS.length;

const WIDTH = 720, HEIGHT = 480;
const LEFT = 76, RIGHT = 150, TOP = 40, BOTTOM = 56;
const TICKS = 6;

/** Draws curves, each a line through its points in order. */
export function lineChart(series: readonly Series[], text: ChartText): string {
  return chart(series, text, (points, colour) => {
    const path = points.map(([x, y], i) => `${i === 0 ? "M" : "L"}${x} ${y}`).join("");
    return `<path d="${path}" fill="none" stroke="${colour}" stroke-width="1.8"/>`;
  });
}

/** Draws each point as a dot. */
export function scatterChart(series: readonly Series[], text: ChartText): string {
  return chart(series, text, (points, colour) => {
    const dots = points.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="1.8"/>`).join("");
    return `<g fill="${colour}" fill-opacity="0.65">${dots}</g>`;
  });
}

type Mark = (points: readonly (readonly [number, number])[], colour: string) => string;

function chart(series: readonly Series[], text: ChartText, mark: Mark): string {
  const x = new Scale(series.map((each) => each.x), LEFT, WIDTH - RIGHT);
  const y = new Scale(series.map((each) => each.y), HEIGHT - BOTTOM, TOP);
  const marks = series.map((each, i) => {
    const points = Array.from(each.x, (value, p) => [x.at(value), y.at(each.y[p])] as const)
      .filter((point) => point.every(Number.isFinite));
    return mark(points, COLOURS[i % COLOURS.length]);
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" width="${WIDTH}" height="${HEIGHT}" font-family="sans-serif" font-size="13">`,
    `<rect width="${WIDTH}" height="${HEIGHT}" fill="white"/>`,
    ...axes(x, y),
    ...marks,
    ...(series.length > 1 ? legend(series) : []),
    label((LEFT + WIDTH - RIGHT) / 2, 24, text.title, `font-size="16"`),
    label((LEFT + WIDTH - RIGHT) / 2, HEIGHT - 14, text.xLabel),
    label(
      0,
      0,
      text.yLabel,
      `transform="translate(18 ${(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"`,
    ),
    "</svg>",
    "",
  ].join("\n");
}

function axes(x: Scale, y: Scale): string[] {
  const bottom = HEIGHT - BOTTOM, right = WIDTH - RIGHT;
  return [
    ...x.ticks.map((value) =>
      `<path d="M${x.at(value)} ${TOP}V${bottom}" stroke="#e4e4e4"/>` +
      label(x.at(value), bottom + 18, x.write(value))
    ),
    ...y.ticks.map((value) =>
      `<path d="M${LEFT} ${y.at(value)}H${right}" stroke="#e4e4e4"/>` +
      label(LEFT - 8, y.at(value) + 4, y.write(value), `style="text-anchor:end"`)
    ),
    `<path d="M${LEFT} ${TOP}V${bottom}H${right}" fill="none" stroke="#444"/>`,
  ];
}

function legend(series: readonly Series[]): string[] {
  return series.map(({ name }, i) => {
    const y = TOP + 10 + 20 * i, x = WIDTH - RIGHT + 14;
    return `<rect x="${x}" y="${y - 9}" width="12" height="12" fill="${
      COLOURS[i % COLOURS.length]
    }"/>` + label(x + 18, y + 2, name, `style="text-anchor:start"`);
  });
}

function label(x: number, y: number, text: string, more = ""): string {
  return `<text x="${x}" y="${y}" text-anchor="middle" ${more}>${escaped(text)}</text>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}

/** Maps values to positions along one axis, and chooses the round values to mark on it. */
class Scale {
  readonly from: number;
  readonly to: number;
  readonly ticks: readonly number[];
  readonly #low: number;
  readonly #span: number;
  readonly #step: number;

  constructor(values: readonly ArrayLike<number>[], from: number, to: number) {
    this.from = from;
    this.to = to;
    let low = Infinity, high = -Infinity;
    for (const list of values) {
      for (let i = 0; i < list.length; i++) {
        if (!Number.isFinite(list[i])) continue;
        low = Math.min(low, list[i]);
        high = Math.max(high, list[i]);
      }
    }
    if (low > high) [low, high] = [0, 1];
    if (low === high) [low, high] = [low - 0.5, high + 0.5];
    const margin = 0.03 * (high - low);
    this.#low = low - margin;
    this.#span = high - low + 2 * margin;
    const step = roundStep(this.#span / TICKS);
    this.#step = areWhole(values) ? Math.max(1, step) : step;
    const first = Math.ceil(this.#low / this.#step);
    const last = Math.floor((this.#low + this.#span) / this.#step);
    this.ticks = Array.from({ length: last - first + 1 }, (_, i) => (first + i) * this.#step);
  }

  /** Pixels, to a tenth. */
  at(value: number): number {
    const position = this.from + (this.to - this.from) * (value - this.#low) / this.#span;
    return Math.round(10 * position) / 10;
  }

  write(value: number): string {
    const digits = Math.max(0, -Math.floor(Math.log10(this.#step) + 1e-9));
    const isLong = digits > 6 || Math.abs(value) >= 1e7;
    return (isLong ? value.toExponential(1) : value.toFixed(digits)).replaceAll("-", "−");
  }
}

/** Whether all values are whole numbers, as epochs are: nothing lies between them. */
function areWhole(values: readonly ArrayLike<number>[]): boolean {
  return values.every((list) => Array.from(list).every(Number.isInteger));
}

/** The smallest of 1, 2, 5 times a power of ten that is at least `least`. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least * (1 - 1e-9)) ?? 10);
}
