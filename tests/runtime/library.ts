/** The parts of the library that `app.ts` uses, in one module for the bundler. */
export { Detector, VAE } from "../../mod.ts";
export { type App, createApp, TableScorer, TrainedVae } from "../../src/http/mod.ts";
