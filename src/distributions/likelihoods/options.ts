/**
 * What a specification can say of p(x | z): one interface for each likelihood, in its complete form.
 * `parseLikelihood` fills in what a user leaves out; formulas are in the file of each likelihood.
 *
 * A quantity that is not an output of the decoder is a fixed number, or learned: "shared" is one for
 * all columns, "perFeature" one for each.
 */

/** Values from 0 to 1, as probabilities of ones: for grey values it is a cross-entropy. */
export interface BernoulliOptions {
  /** Ones and zeros. */
  readonly type: "bernoulli";
}

/** Values from 0 to 1, as a density over them. */
export interface ContinuousBernoulliOptions {
  /** C λˣ (1 - λ)¹⁻ˣ. */
  readonly type: "continuousBernoulli";
}

/** Any finite data. */
export interface GaussianOptions {
  /** N(μ, σ²). */
  readonly type: "gaussian";
  /**
   * σ²; "perFeature". "perRow" is a second output of the decoder, one for each row and column;
   * "optimal" is the mean squared error itself, one for all columns.
   */
  readonly variance: number | "shared" | "perFeature" | "perRow" | "optimal";
  /** Variances that are not fixed never fall under it; 1e-13. */
  readonly minVariance: number;
}

/** Any finite data, some cells of which are wrong: those count for little. */
export interface ContaminatedGaussianOptions {
  /** (1 - π) N(μ, σ²) + π N(0, b²). */
  readonly type: "contaminatedGaussian";
  /** σ² of the cells that are right; "perFeature". "perRow" is a second output of the decoder. */
  readonly variance: number | "shared" | "perFeature" | "perRow";
  /** Variances that are not fixed never fall under it; 1e-13. */
  readonly minVariance: number;
  /** π, the share of cells that are wrong, 1e-6 to 0.5; 0.05. */
  readonly share: number | "shared" | "perFeature";
  /** b, the standard deviation of wrong cells around 0, 1e-3 to 1e4; 10. */
  readonly breadth: number;
}

/** Any finite data; heavy tails: a cell far out costs the logarithm of its distance. */
export interface StudentTOptions {
  /** μ + s t, t of Student's distribution. */
  readonly type: "studentT";
  /** 0.1 to 1e6; "perFeature". The Gaussian is the limit. */
  readonly degreesOfFreedom: number | "shared" | "perFeature";
  /** s; "perFeature". */
  readonly scale: number | "shared" | "perFeature";
  /** Learned scales never fall under it; 3.1e-7. */
  readonly minScale: number;
}

/** Any finite data; a cell far out costs its distance. */
export interface LaplaceOptions {
  /** e^(-|x - μ| / b) / 2b. */
  readonly type: "laplace";
  /** b; "perFeature". */
  readonly scale: number | "shared" | "perFeature";
  /** Learned scales never fall under it; 3.1e-7. */
  readonly minScale: number;
}

/** Values above 0 whose logarithm is Gaussian. */
export interface LogNormalOptions {
  /** ln x ~ N(μ, σ²). */
  readonly type: "logNormal";
  /** σ² of ln x; "perFeature". "perRow" is a second output of the decoder. */
  readonly variance: number | "shared" | "perFeature" | "perRow";
  /** Variances that are not fixed never fall under it; 1e-13. */
  readonly minVariance: number;
}

/** Counts: whole numbers from 0 to 2^24. */
export interface PoissonOptions {
  /** λˣ e^(-λ) / x!. */
  readonly type: "poisson";
}

/** Counts that vary more than a Poisson distribution's. */
export interface NegativeBinomialOptions {
  /** Mean μ, variance μ + μ² / r. */
  readonly type: "negativeBinomial";
  /** r, 1e-4 to 1e6; "perFeature". The Poisson distribution is the limit. */
  readonly dispersion: number | "shared" | "perFeature";
}

/** Groups of neighbouring columns, in each of which one column is 1 and the others are 0. */
export interface CategoricalOptions {
  /** Softmax over each group. */
  readonly type: "categorical";
  /** Columns of a group; all columns. */
  readonly classes: number;
}

/** A likelihood for each of several groups of neighbouring columns, in their order. */
export interface MixedOptions {
  /** Their sum, without weights: still a log-likelihood. */
  readonly type: "mixed";
  /** Together they must have the model's columns. */
  readonly columns: readonly ColumnGroup[];
}

/** The likelihood of `count` variables: of as many columns, or `count` times `classes`; 1. */
export type ColumnGroup = PlainLikelihoodSpec & { readonly count: number };

/** The likelihoods that are one distribution for every column, by type. */
export interface PlainLikelihoodOptions {
  /** Ones and zeros. */
  readonly bernoulli: BernoulliOptions;
  /** Values from 0 to 1. */
  readonly continuousBernoulli: ContinuousBernoulliOptions;
  /** Any finite data. */
  readonly gaussian: GaussianOptions;
  /** Any finite data. */
  readonly contaminatedGaussian: ContaminatedGaussianOptions;
  /** Any finite data. */
  readonly studentT: StudentTOptions;
  /** Any finite data. */
  readonly laplace: LaplaceOptions;
  /** Values above 0. */
  readonly logNormal: LogNormalOptions;
  /** Counts. */
  readonly poisson: PoissonOptions;
  /** Counts. */
  readonly negativeBinomial: NegativeBinomialOptions;
  /** One of several classes. */
  readonly categorical: CategoricalOptions;
}

/** All likelihoods, by type. */
export interface LikelihoodOptions extends PlainLikelihoodOptions {
  /** Groups of columns. */
  readonly mixed: MixedOptions;
}

/** The name of a likelihood that serves alike for every column. */
export type PlainLikelihoodType = keyof PlainLikelihoodOptions;

/** One of them, complete. */
export type PlainLikelihoodSpec = PlainLikelihoodOptions[PlainLikelihoodType];

/** p(x | z) as files carry it. */
export type LikelihoodSpec = PlainLikelihoodSpec | MixedOptions;

/** One of them as a user writes it: all but the type has a default. */
export type PlainLikelihoodInput = {
  [T in PlainLikelihoodType]: { readonly type: T } & Partial<PlainLikelihoodOptions[T]>;
}[PlainLikelihoodType];

/** p(x | z) as a user writes it. */
export type LikelihoodInput = PlainLikelihoodInput | {
  readonly type: "mixed";
  readonly columns: readonly (PlainLikelihoodInput & { readonly count?: number })[];
};
