/** What `elbow evaluate` reports, as JSON and for people. */
import type { Evaluation } from "../../trained/calls/evaluation.ts";
import type { ElboSurgery } from "../../training/analysis/elbo_surgery.ts";
import type { Gaps } from "../../training/analysis/gaps.ts";
import { count, counted, dataName, nats, type Section } from "../text/text.ts";
import { type Baselines, baselineSections } from "./baselines.ts";
import { type LabelFigures, labelSection } from "./label_figures.ts";

/** Means over the rows, in nats: for a detector, of the standardised table. */
export interface Evaluated {
  readonly model: string;
  readonly data: string;
  readonly rows: number;
  /** How many of them the means are over, if the table is too long to take all. */
  readonly drawnRows?: number;
  readonly isStandardized: boolean;
  /** Steps per window of a series: the means are over its windows. */
  readonly window?: number;
  /** Whether there is a p(z): an autoencoder has none, so its bounds are its reconstruction. */
  readonly hasPrior: boolean;
  /** Draws of z per row. */
  readonly samples: number;
  readonly elbo: number;
  readonly reconstruction: number;
  readonly kl: number;
  /** Whether the KL is in closed form or sampled. */
  readonly klForm: Evaluation["klForm"];
  /** Importance-sampled: a lower bound on ln p(x) that rises with the number of draws. */
  readonly logLikelihood: number;
  /** ln p(x) - ELBO, from the same draws. */
  readonly gap: number;
  /** How many draws carry the estimate: the mean over the rows, and the lowest of a row. */
  readonly effectiveSamples: { readonly mean: number; readonly lowest: number };
  /** Latent dimensions. */
  readonly latent: number;
  readonly activeUnits: number;
  readonly klPerDimension: readonly number[];
  /** Layer by layer, from the data up. */
  readonly latentPerLayer: readonly number[];
  readonly activeUnitsPerLayer: readonly number[];
  readonly klPerLayer: readonly number[];
  /** KL(q(y | x) ‖ p(y)), for a model with a classifier. */
  readonly klOfClass?: number;
  /** From as many draws of the prior as were asked for. */
  readonly priorLogLikelihood?: number;
  /** The parts of the gap between the ELBO and ln p(x), if asked for. */
  readonly gaps?: { readonly [Part in keyof Gaps]: number };
  /** Why the gap cannot be split, if that was asked for. */
  readonly gapsRefused?: string;
  /** The decomposition of the KL, if asked for. */
  readonly surgery?: ElboSurgery;
  /** ln |d standardised / d data|, mean over the rows: added to a log-density, it gives that in the table's units. */
  readonly logJacobian: number;
  readonly falseAlarmRate?: number;
  readonly label?: LabelFigures;
  readonly baselines?: Baselines;
}

/** The result for people to read. */
export function evaluateSections(evaluated: Evaluated): Section[] {
  const { label, rows, drawnRows, window } = evaluated;
  const which = drawnRows === undefined ? "the" : `${count(drawnRows)} of the`;
  const labelled = window === undefined || drawnRows === undefined ? rows : drawnRows;
  return [
    {
      lines: [["Model", evaluated.model], [
        "Data",
        `${dataName(evaluated.data)} (${counted(rows, "row")})`,
      ]],
    },
    {
      title: window === undefined
        ? `Nats per row of the ${
          evaluated.isStandardized ? "standardised " : ""
        }table, mean over ${which} rows`
        : `Nats per window of ${window} standardised rows, mean over the windows${
          drawnRows === undefined ? "" : ` of the last ${counted(drawnRows, "row")}`
        }`,
      lines: [
        ...(evaluated.hasPrior ? boundLines(evaluated) : [
          ["ln p(x | z)", nats(evaluated.reconstruction)],
          ["ln p(x)", "none: an autoencoder has no prior"],
        ] as const),
        [
          "Gap",
          evaluated.gapsRefused &&
          `not split: q(z | x) must be one diagonal Gaussian layer, but ${evaluated.gapsRefused}`,
        ],
      ],
    },
    ...gapSections(evaluated),
    ...(label ? [labelSection(label, labelled, counted(labelled, "row"))] : []),
    ...baselineSections(evaluated),
  ];
}

/** The ELBO, its parts, and the estimates above it. */
function boundLines(evaluated: Evaluated): Section["lines"] {
  const { samples, effectiveSamples, klPerDimension } = evaluated;
  return [
    ["ELBO", nats(evaluated.elbo)],
    ["  ln p(x | z)", nats(evaluated.reconstruction)],
    ["  KL", `${nats(evaluated.kl)}${evaluated.klForm === "sampled" ? " (sampled)" : ""}`],
    ["ln p(x)", `${nats(evaluated.logLikelihood)} (importance-sampled, K = ${count(samples)})`],
    [
      "  effective draws",
      `${effectiveSamples.mean.toFixed(1)}, worst row ${effectiveSamples.lowest.toFixed(1)}`,
    ],
    ["  ln p(x) - ELBO", nats(evaluated.gap)],
    ["ln p(x), by the prior", maybeNats(evaluated.priorLogLikelihood)],
    [
      "In the table's units",
      evaluated.isStandardized ? `add ${nats(evaluated.logJacobian)}` : undefined,
    ],
    [
      "Active units",
      `${evaluated.activeUnitsPerLayer.join(" + ")} of ${evaluated.latentPerLayer.join(" + ")}`,
    ],
    ["KL per dimension", klPerDimension.length === 0 ? undefined : klPerDimension.map(nats)],
    [
      "KL per layer",
      klPerDimension.length === 0
        ? `${evaluated.klPerLayer.map(nats).join("  ")} (Monte Carlo)`
        : undefined,
    ],
    ["KL of the class", maybeNats(evaluated.klOfClass)],
  ];
}

function gapSections({ gaps, surgery }: Evaluated): Section[] {
  const ofGaps = gaps && {
    title: "From ln p(x) to the ELBO, q refined for each row",
    lines: [
      ["ln p(x)", nats(gaps.logLikelihood)],
      ["  approximation gap", nats(gaps.approximation)],
      ["  amortisation gap", nats(gaps.amortisation)],
      ["ELBO", nats(gaps.elbo)],
    ] as const,
  };
  const ofSurgery = surgery && {
    title: "The KL, over the rows together",
    lines: [
      ["I(x; z)", nats(surgery.mutualInformation)],
      ["Total correlation", nats(surgery.totalCorrelation)],
      ["Dimension-wise KL", nats(surgery.dimensionwiseKl)],
      ["KL (sampled)", nats(surgery.kl)],
    ] as const,
  };
  return [ofGaps, ofSurgery].filter((each) => each !== undefined);
}

function maybeNats(value: number | undefined): string | undefined {
  return value === undefined ? undefined : nats(value);
}
