/**
 * The script of an edge function that answers to `fetch` events (Vercel's edge-runtime). The model is part of
 * it, as there are no files: `MODEL` is its file in base64.
 *
 *     deno bundle --platform=browser src/http/mod.ts -o examples/runtimes/elbow.js    in the checkout
 *     cd examples/runtimes
 *     deno bundle --platform=browser --format=iife edge.js -o edge_script.js
 */
import { createApp, TableScorer } from "./elbow.js";

const bytes = Uint8Array.from(atob(globalThis.MODEL), (character) => character.charCodeAt(0));
const app = TableScorer.load(bytes).then((model) => createApp({ models: { model } }));

addEventListener("fetch", (event) => {
  event.respondWith(app.then(({ fetch }) => fetch(event.request)));
});
