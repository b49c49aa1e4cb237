/** The debug build: every kernel by its name, for tests that call them one at a time. */
export * from "./index";
export * from "./bernoulli";
export * from "./dense";
export * from "./elementwise";
export * from "./gaussian";
export * from "./layout";
export * from "./optimizer";
export * from "./random";
export * from "./reductions";
