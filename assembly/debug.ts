/** The debug build: every kernel by its name, for tests that call them one at a time. */
export * from "./index";
export { cosTwoPi, expm1, expm1LessX, log1pUnit, sinTwoPi } from "./accuracy";
export * from "./bernoulli";
export * from "./continuous_bernoulli";
export * from "./dense";
export * from "./elementwise";
export * from "./gamma";
export * from "./gaussian";
export * from "./layout";
export * from "./optimizer";
export * from "./random";
export * from "./reductions";
export * from "./nearest/search";
export * from "./smallest";
