/** A training run as a chart: the loss of each epoch, and of validation if there was one. */
import { lineChart, type Series } from "../../pictures/mod.ts";
import type { EpochMeans } from "../../training/report.ts";

export function lossCurve(history: readonly EpochMeans[]): string {
  const x = history.map(({ epoch }) => epoch);
  const series: Series[] = [
    { name: "−ELBO", x, y: history.map(({ elbo }) => -elbo) },
    { name: "reconstruction", x, y: history.map(({ reconstruction }) => reconstruction) },
    { name: "KL", x, y: history.map(({ kl }) => kl) },
  ];
  if (history.some(({ validationElbo }) => validationElbo !== undefined)) {
    const y = history.map(({ validationElbo }) => -(validationElbo ?? NaN));
    series.push({ name: "validation −ELBO", x, y });
  }
  return lineChart(series, { title: "Training", xLabel: "epoch", yLabel: "nats per row" });
}
