/**
 * Activations and their derivatives as elementwise kernels. Formulas: src/ops/elementwise.ts; loops and broadcasting:
 * simd/stretch.ts; accuracy: docs/accuracy.md. Sizes in elements, pointers in bytes, aligned to 4.
 *
 *   activation f(x), activationGrad dy · f'(x) written in y = f(x):
 *     identity 1 | relu y > 0 | tanh 1-y² | sigmoid y(1-y) | softplus 1-e⁻ʸ | elu y > 0 ? 1 : y+1
 */
import {
  ACTIVATION_ELU,
  ACTIVATION_IDENTITY,
  ACTIVATION_RELU,
  ACTIVATION_SIGMOID,
  ACTIVATION_SOFTPLUS,
  ACTIVATION_TANH,
} from "./opcodes.gen";
import { clampGrad } from "./elementwise";
import { constant, copy, ONE } from "./memory";
import { elu4, relu4 } from "./simd/activation";
import { expm14 } from "./simd/expm1";
import { sigmoid4 } from "./simd/sigmoid";
import { softplus4 } from "./simd/softplus";
import { map1, map2 } from "./simd/stretch";
import { tanh8 } from "./simd/tanh";
import { rowTail } from "./workspace";

@unmanaged
class Identity {
  @inline
  at(x: v128): v128 {
    return x;
  }
}

@unmanaged
class Relu {
  @inline
  at(x: v128): v128 {
    return relu4(x);
  }
}

/** The loop of stretch.ts, eight elements at a time. */
function tanh(out: usize, x: usize, count: i32): void {
  const rest = count & 7, tail = rowTail(1);
  let end = out + (<usize>(count >> 3) << 5), restTo: usize = 0;
  for (;;) {
    for (; out < end; out += 32, x += 32) tanh8(out, x);
    if (restTo) copy(restTo, tail, rest);
    if (restTo || !rest) break;
    restTo = out;
    copy(tail, x, rest);
    x = out = tail;
    end = out + 32;
  }
}

@unmanaged
class Sigmoid {
  @inline
  at(x: v128): v128 {
    return sigmoid4(x);
  }
}

@unmanaged
class Softplus {
  @inline
  at(x: v128): v128 {
    return softplus4(x);
  }
}

@unmanaged
class Elu {
  @inline
  at(x: v128): v128 {
    return elu4(x);
  }
}

export function activation(out: usize, x: usize, count: i32, kind: i32): void {
  switch (kind) {
    case ACTIVATION_IDENTITY:
      return map1<Identity>(out, count, x);
    case ACTIVATION_RELU:
      return map1<Relu>(out, count, x);
    case ACTIVATION_TANH:
      return tanh(out, x, count);
    case ACTIVATION_SIGMOID:
      return map1<Sigmoid>(out, count, x);
    case ACTIVATION_SOFTPLUS:
      return map1<Softplus>(out, count, x);
    case ACTIVATION_ELU:
      return map1<Elu>(out, count, x);
  }
  unreachable();
}

@unmanaged
class ReluGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return v128.and(dy, f32x4.gt(y, f32x4.splat(0)));
  }
}

@unmanaged
class TanhGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(f32x4.sub(constant(ONE), y), f32x4.add(constant(ONE), y)));
  }
}

@unmanaged
class SigmoidGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.mul(y, f32x4.sub(constant(ONE), y)));
  }
}

@unmanaged
class SoftplusGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.neg(expm14(f32x4.neg(y))));
  }
}

@unmanaged
class EluGrad {
  @inline
  at(y: v128, dy: v128): v128 {
    return f32x4.mul(dy, f32x4.pmin(f32x4.add(y, constant(ONE)), constant(ONE)));
  }
}

/**
 * `map2`, eight elements at a time where neither operand stretches: the engine checks each pointer once for two
 * vectors.
 */
function grad<F>(
  out: usize,
  rows: i32,
  cols: i32,
  y: usize,
  yRows: i32,
  yCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
): void {
  const size = rows * cols;
  if (yRows * yCols == size && dyRows * dyCols == size) {
    const formula = changetype<F>(0);
    for (const end = out + (<usize>(size >> 3) << 5); out < end; out += 32, y += 32, dy += 32) {
      const left = formula.at(v128.load(y), v128.load(dy)), right = formula.at(v128.load(y, 16), v128.load(dy, 16));
      v128.store(out, left);
      v128.store(out, right, 16);
    }
    rows = yRows = dyRows = 1;
    cols = yCols = dyCols = size & 7;
  }
  map2<F>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
}

export function activationGrad(
  out: usize,
  rows: i32,
  cols: i32,
  y: usize,
  yRows: i32,
  yCols: i32,
  dy: usize,
  dyRows: i32,
  dyCols: i32,
  kind: i32,
): void {
  switch (kind) {
    case ACTIVATION_IDENTITY:
      // dy where 1 is between 0 and 2: a loop of its own would be 650 bytes.
      return clampGrad(out, rows, cols, ONE, 1, 1, dy, dyRows, dyCols, 0, 2);
    case ACTIVATION_RELU:
      return grad<ReluGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_TANH:
      return grad<TanhGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_SIGMOID:
      return map2<SigmoidGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_SOFTPLUS:
      return map2<SoftplusGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
    case ACTIVATION_ELU:
      return map2<EluGrad>(out, rows, cols, y, yRows, yCols, dy, dyRows, dyCols);
  }
  unreachable();
}
