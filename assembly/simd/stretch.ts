/**
 * The one loop of all elementwise kernels: out = formula(a, b, c, d; p, q), with up to four operands
 * that stretch and two scalar attributes.
 *
 * An operand [1, C] serves every row of the output [R, C], [R, 1] every column, [1, 1] every element.
 * If each operand is of the output's size or [1, 1], the output is walked as one row of R·C elements.
 * All operands of a position are loaded before it is stored, so the output may be an operand.
 *
 * A formula is a class with one inline method, `at(a, b, c, d, p, q)`. The class is a name for the
 * compiler and nothing else: it is never instantiated, has no memory and no table entry, and the
 * method is compiled into the loop of its own instance of `map`. That is why it is not a callback:
 * a function index would be an indirect call for each four elements.
 */
import { loadLanes, storeLanes } from "./lanes";

@unmanaged
export abstract class Formula {
  /** Four elements of the output. */
  abstract at(a: v128, b: v128, c: v128, d: v128, p: v128, q: v128): v128;
}
