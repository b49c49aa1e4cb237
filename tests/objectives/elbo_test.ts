/**
 * The penalties on the KL in the ELBO: values computed by hand from the KL of each dimension, gradients that vanish
 * where a penalty is flat, and schedules.
 */
import type { SyncProgram } from "../../src/backends/backend.ts";
import { type ObjectiveInput, VAE } from "../../mod.ts";
import { parseObjective } from "../../src/objectives/objective.ts";
import { writeFinalScalars, writeScalars } from "../../src/training/program/schedule.ts";
import { assertRelative } from "../util/close.ts";
import { deviceOf, REFERENCE } from "../util/executors.ts";

/**
 * Rows are the means of the posteriors, whose log-variances are 0: KL of dimension d is x_d² / 2. The decoder gives 0
 * for any z, and the variance is 1: reconstruction = Σ (ln 2π + x²) / 2 for any draw.
 */
const X = [[0, 2, 0.5], [1, -1, 0.5]];
const KL = [0.25, 1.25, 0.125]; // means over the rows of x² / 2: 0.25, 1.25, 0.125
const RECONSTRUCTION = 1.5 * Math.log(2 * Math.PI) + 1.625; // Σ over columns of mean x² / 2

function model(): VAE {
  const spec = {
    inputs: 3,
    latent: [{ size: 3 }],
    likelihood: { type: "gaussian", variance: 1 },
  } as const;
  const vae = VAE.create(spec, deviceOf(REFERENCE));
  const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];
  const weights = { "encoder.mean": identity, "encoder.logVar": Array(9).fill(0) };
  const all = { ...weights, "decoder.mean": Array(9).fill(0) };
  vae.setParameters(
    new Map(Object.entries(all).map(([name, data]) => [`${name}.weight`, { data }])),
  );
  return vae;
}

/** The loss without its reconstruction, and the gradient by the bias of the mean, which is that by the mean. */
async function penalty(objective: ObjectiveInput): Promise<[number, number[]]> {
  const vae = model();
  const noise = [[0.5, -1, 2], [1, 0, -0.5]];
  const { loss, gradients } = await vae.lossAndGradients(X, { noise, objective });
  vae.dispose();
  return [loss - RECONSTRUCTION, [...gradients.get("encoder.mean.bias")!.data]];
}

// Float64: a dozen roundings of numbers below 10.
const near = (got: number | number[], want: number | number[]) =>
  assertRelative(got, want, 0, 1e-13);

/** d KL_d / d mean, averaged over the rows. */
const SLOPES = [0.5, 0.5, 0.5];

Deno.test("beta weights the KL", async () => {
  const [value, slopes] = await penalty({ beta: 3 });
  near(value, 3 * 1.625);
  near(slopes, SLOPES.map((slope) => 3 * slope));
});

Deno.test("free bits: a dimension below its free bits costs exactly those, and has no gradient", async () => {
  const [value, slopes] = await penalty({ freeBits: 0.2, beta: 2 });
  near(value, 2 * (0.25 + 1.25 + 0.2));
  near(slopes, [1, 1, 0]);
  const [all, none] = await penalty({ freeBits: 1.5 });
  near(all, 4.5);
  near(none, [0, 0, 0]);
});

Deno.test("capacity: the KL is drawn to it from both sides", async () => {
  const kl = KL.reduce((a, b) => a + b);
  for (const [nats, sign] of [[0.5, 1], [4, -1]] as const) {
    const [value, slopes] = await penalty({ beta: 10, capacity: { nats, epochs: 5 } });
    near(value, 10 * Math.abs(kl - nats));
    near(slopes, SLOPES.map((slope) => 10 * sign * slope));
  }
});

Deno.test("the KL of the draws is the mean of ln q - ln p at them", async () => {
  // z = x + noise; ln q = -noise²/2, ln p = -z²/2, less the same constant: (z² - noise²) / 2.
  const [value] = await penalty({ kl: "monteCarlo" });
  const half = (z: number, noise: number) => (z * z - noise * noise) / 2;
  const rows = [
    half(0.5, 0.5) + half(1, -1) + half(2.5, 2),
    half(2, 1) + half(-1, 0) + half(0, -0.5),
  ];
  near(value, (rows[0] + rows[1]) / 2);
});

/** The values at a step, of 10 in an epoch, for a program that reads both numbers. */
function scalarsAt(objective: ObjectiveInput, step: number): Record<string, number> {
  const written: Record<string, number> = {};
  const program = {
    plan: { inputs: new Map([["klWeight", 0], ["capacity", 0]]) },
    write: (name: string, [value]: number[]) => written[name] = value,
  } as unknown as SyncProgram;
  if (step === Infinity) writeFinalScalars(program, parseObjective(objective));
  else writeScalars(program, parseObjective(objective), step, 10);
  return written;
}

Deno.test("beta rises linearly, again in each cycle", () => {
  const weights = (objective: ObjectiveInput, steps: number[]) =>
    steps.map((step) => scalarsAt(objective, step).klWeight);
  near(weights({ beta: 2 }, [0, 100, Infinity]), [2, 2, 2]);
  near(weights({ beta: 2, warmUpEpochs: 2 }, [0, 9, 19, 20, 100, Infinity]), [0.1, 1, 2, 2, 2, 2]);
  const cyclical = { beta: 2, warmUpEpochs: 2, cycleEpochs: 5 };
  near(weights(cyclical, [0, 19, 49, 50, 59, 99, 100, Infinity]), [0.1, 2, 2, 0.1, 1, 2, 0.1, 2]);
  near(weights({ type: "iwae" }, [0]), [1]);
});

Deno.test("capacity rises linearly from 0", () => {
  const at = (step: number, epochs: number) =>
    scalarsAt({ capacity: { nats: 25, epochs } }, step).capacity;
  near([0, 20, 40, 100, Infinity].map((step) => at(step, 4)), [0, 12.5, 25, 25, 25]);
  near([0, Infinity].map((step) => at(step, 0)), [25, 25]);
});
