/**
 * The length of a series' own cycle, from its autocorrelation
 *
 *   ρ(l) = Σ_t (x_t - x̄)(x_{t+l} - x̄) / Σ_t (x_t - x̄)²
 *
 * as the lag of its highest local maximum. Source: the rule by which TSB-UAD (Paparrizos et al., 2022)
 * chooses windows, lags 3 … 300 of the first 20,000 steps, 125 where there is no such maximum.
 */

const LAGS = { least: 3, most: 300, searched: 400 };
const STEPS = 20_000;

/** Steps of a window where nothing repeats. */
export const NO_PERIOD = 125;

/** The lag, 3 … 303; undefined where no lag stands out. */
export function periodOf(series: ArrayLike<number>): number | undefined {
  const steps = Math.min(STEPS, series.length);
  const x = Float64Array.from({ length: steps }, (_, t) => series[t]);
  const mean = x.reduce((sum, each) => sum + each, 0) / steps;
  const centred = x.map((each) => each - mean);
  const power = centred.reduce((sum, each) => sum + each * each, 0);
  if (!(power > 0)) return undefined;
  const correlation = (lag: number) => {
    let sum = 0;
    for (let t = 0; t + lag < steps; t++) sum += centred[t] * centred[t + lag];
    return sum / power;
  };
  const last = Math.min(LAGS.searched, steps - 1);
  const rho = Float64Array.from({ length: last + 1 }, (_, lag) => correlation(lag));
  let best: number | undefined;
  for (let lag = LAGS.least + 1; lag < last; lag++) {
    const isPeak = rho[lag] > rho[lag - 1] && rho[lag] > rho[lag + 1];
    if (isPeak && (best === undefined || rho[lag] > rho[best])) best = lag;
  }
  if (best === undefined || best > LAGS.most + LAGS.least || best < 2 * LAGS.least) {
    return undefined;
  }
  return best;
}
