/** What `app.ts` takes from the library, under one roof for the bundler. */
export { VAE } from "../../mod.ts";
export { type App, createApp, TableScorer, TrainedVae } from "../../src/http/mod.ts";
