import { deepEqual } from "node:assert/strict";
import { drawRows } from "../../bench/kdd99/data.ts";
import { NumpyRandom } from "../../bench/kdd99/numpy_random.ts";

// Golden: numpy 2.4.6, `random = numpy.random.RandomState(seed)`, `random.choice(n, size, replace)`.

Deno.test("NumpyRandom draws with and without replacement what NumPy draws after the same seed", () => {
  const random = new NumpyRandom(1);
  deepEqual([...random.choice(97_278, 6, true)], [77708, 5192, 50057, 73349, 21440, 20609]);
  deepEqual([...random.choice(1000, 6, false)], [951, 618, 293, 507, 999, 248]);
  deepEqual([...random.choice(1, 1, false)], [0]);
});

Deno.test("NumpyRandom goes on with NumPy's words after hundreds of thousands", () => {
  const random = new NumpyRandom(0);
  const order = random.choice(400_000, 400_000, false);
  deepEqual([...order.subarray(-4)], [358083, 152315, 117952, 305711]);
  deepEqual([...random.choice(2 ** 20, 3, true)], [858088, 373858, 57220]);
});

// Golden: the same NumPy, by the steps of alibi-detect's `create_outlier_batch` with `DataFrame.sample`.
Deno.test("drawRows() draws the rows of the example, in its order, with replacement if there are too few", () => {
  const connections = (rows: number) => {
    const cells = (count: number) => ({ data: new Float64Array(), rows: count });
    return { normal: cells(rows), attacks: cells(12) };
  };
  const mixed = drawRows(connections(30), { rows: 10, percent: 20, seed: 3 });
  deepEqual([...mixed], [32, 15, 22, 26, 2, 35, 13, 14, 5, 18]);
  const normal = drawRows(connections(5), { rows: 10, percent: 0, seed: 0 });
  deepEqual([...normal], [1, 0, 0, 3, 3, 2, 4, 3, 3, 4]);
});
