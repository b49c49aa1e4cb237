/**
 * The specification of p(x | z): one interface for each likelihood, in its complete form. `parseLikelihood` fills in
 * what a user omits; the formulas are in the file of each likelihood.
 *
 * A quantity that the decoder does not output is either a fixed number or learned: "shared" is one for all columns,
 * "perFeature" one for each.
 */

/** Values from 0 to 1, taken as probabilities of ones. For grey values this is a cross-entropy. */
export interface BernoulliOptions {
  /** Ones and zeros. */
  readonly type: "bernoulli";
}

/** Values from 0 to 1, with a density on that interval. */
export interface ContinuousBernoulliOptions {
  /** C λˣ (1 - λ)¹⁻ˣ. */
  readonly type: "continuousBernoulli";
}

/** Any finite data. */
export interface GaussianOptions {
  /** N(μ, σ²). */
  readonly type: "gaussian";
  /**
   * σ²; default "perFeature". "perRow" is a second output of the decoder, one for each row and column; "optimal" is the
   * mean squared error itself, one for all columns.
   */
  readonly variance: number | "shared" | "perFeature" | "perRow" | "optimal";
  /** Lower bound of variances that are not fixed; default 1e-13. */
  readonly minVariance: number;
}

/** Any finite data, some cells of which are wrong; wrong cells have little influence. */
export interface ContaminatedGaussianOptions {
  /** (1 - π) N(μ, σ²) + π N(0, b²). */
  readonly type: "contaminatedGaussian";
  /** σ² of the correct cells; default "perFeature". "perRow" is a second output of the decoder. */
  readonly variance: number | "shared" | "perFeature" | "perRow";
  /** Lower bound of variances that are not fixed; default 1e-13. */
  readonly minVariance: number;
  /** π, the share of wrong cells, 1e-6 to 0.5; default 0.05. */
  readonly share: number | "shared" | "perFeature";
  /** b, the standard deviation of wrong cells around 0, 1e-3 to 1e4; default 10. */
  readonly breadth: number;
}

/** Any finite data. Heavy tails: an outlying cell costs the logarithm of its distance. */
export interface StudentTOptions {
  /** μ + s t, with t from Student's t distribution. */
  readonly type: "studentT";
  /** Degrees of freedom, 0.1 to 1e6; default "perFeature". The Gaussian is the limit. */
  readonly degreesOfFreedom: number | "shared" | "perFeature";
  /** s; default "perFeature". */
  readonly scale: number | "shared" | "perFeature";
  /** Lower bound of learned scales; default 3.1e-7. */
  readonly minScale: number;
}

/** Any finite data. An outlying cell costs its distance. */
export interface LaplaceOptions {
  /** e^(-|x - μ| / b) / 2b. */
  readonly type: "laplace";
  /** b; default "perFeature". */
  readonly scale: number | "shared" | "perFeature";
  /** Lower bound of learned scales; default 3.1e-7. */
  readonly minScale: number;
}

/** Values above 0 whose logarithm is Gaussian. */
export interface LogNormalOptions {
  /** ln x ~ N(μ, σ²). */
  readonly type: "logNormal";
  /** σ² of ln x; default "perFeature". "perRow" is a second output of the decoder. */
  readonly variance: number | "shared" | "perFeature" | "perRow";
  /** Lower bound of variances that are not fixed; default 1e-13. */
  readonly minVariance: number;
}

/** Counts: whole numbers from 0 to 2^24. */
export interface PoissonOptions {
  /** λˣ e^(-λ) / x!. */
  readonly type: "poisson";
}

/** Counts with a larger variance than Poisson. */
export interface NegativeBinomialOptions {
  /** Mean μ, variance μ + μ² / r. */
  readonly type: "negativeBinomial";
  /** r, 1e-4 to 1e6; default "perFeature". The Poisson distribution is the limit. */
  readonly dispersion: number | "shared" | "perFeature";
}

/** Groups of adjacent columns; in each group one column is 1 and the others are 0. */
export interface CategoricalOptions {
  /** Softmax over each group. */
  readonly type: "categorical";
  /** Columns per group; default all columns. */
  readonly classes: number;
}

/** A likelihood for each of several groups of adjacent columns, in column order. */
export interface MixedOptions {
  /** The unweighted sum, which is still a log-likelihood. */
  readonly type: "mixed";
  /** Together they must cover the model's columns. */
  readonly columns: readonly ColumnGroup[];
}

/**
 * The likelihood of `count` variables (default 1), which cover `count` columns, or `count` times `classes` if
 * categorical.
 */
export type ColumnGroup = PlainLikelihoodSpec & { readonly count: number };

/** The likelihoods that apply one distribution to every column, by type. */
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

/** The type of a likelihood that applies one distribution to every column. */
export type PlainLikelihoodType = keyof PlainLikelihoodOptions;

/** One of these likelihoods, complete. */
export type PlainLikelihoodSpec = PlainLikelihoodOptions[PlainLikelihoodType];

/** p(x | z) as stored in files. */
export type LikelihoodSpec = PlainLikelihoodSpec | MixedOptions;

/** One of these likelihoods as a user writes it: everything but the type has a default. */
export type PlainLikelihoodInput = {
  [T in PlainLikelihoodType]: { readonly type: T } & Partial<PlainLikelihoodOptions[T]>;
}[PlainLikelihoodType];

/** p(x | z) as a user writes it. */
export type LikelihoodInput = PlainLikelihoodInput | {
  readonly type: "mixed";
  readonly columns: readonly (PlainLikelihoodInput & { readonly count?: number })[];
};
