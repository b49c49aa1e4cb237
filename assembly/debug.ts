/** The debug build: every kernel by name, for tests that call kernels individually. */
export * from "./index";
export { cosTwoPi, expm1, expm1LessX, log1pUnit, sinTwoPi } from "./accuracy";
export * from "./bernoulli";
export * from "./continuous_bernoulli";
export * from "./dense";
export * from "./activation";
export * from "./elementwise";
export * from "./gamma";
export * from "./gaussian";
export * from "./layout";
export * from "./optimizer";
export * from "./posterior";
export * from "./random";
export * from "./reductions";
export * from "./nearest/search";
export * from "./smallest";
