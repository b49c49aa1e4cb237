/**
 * Every vector function over a row of numbers, for scripts/accuracy.ts and the tests of the debug build. Those with a
 * kernel are exported as that kernel, the others with the kernel signature (out, x, count).
 */
import { expm14, expm1LessX4 } from "./simd/expm1";
import { log1pUnit4 } from "./simd/log";
import { cosTwoPi4, sinTwoPi4 } from "./simd/sincos";
import { map1 } from "./simd/stretch";

export { continuousBernoulliLogNorm, continuousBernoulliLogNormSlope } from "./continuous_bernoulli";
export { activation } from "./activation";
export { exp, log, log1p } from "./elementwise";

@unmanaged
class Expm1 {
  @inline
  at(x: v128): v128 {
    return expm14(x);
  }
}

export function expm1(out: usize, x: usize, count: i32): void {
  map1<Expm1>(out, count, x);
}

@unmanaged
class Expm1LessX {
  @inline
  at(x: v128): v128 {
    return expm1LessX4(x);
  }
}

export function expm1LessX(out: usize, x: usize, count: i32): void {
  map1<Expm1LessX>(out, count, x);
}

@unmanaged
class Log1pUnit {
  @inline
  at(x: v128): v128 {
    return log1pUnit4(x);
  }
}

export function log1pUnit(out: usize, x: usize, count: i32): void {
  map1<Log1pUnit>(out, count, x);
}

@unmanaged
class CosTwoPi {
  @inline
  at(x: v128): v128 {
    return cosTwoPi4(x);
  }
}

export function cosTwoPi(out: usize, x: usize, count: i32): void {
  map1<CosTwoPi>(out, count, x);
}

@unmanaged
class SinTwoPi {
  @inline
  at(x: v128): v128 {
    return sinTwoPi4(x);
  }
}

export function sinTwoPi(out: usize, x: usize, count: i32): void {
  map1<SinTwoPi>(out, count, x);
}
