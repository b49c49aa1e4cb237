/**
 * Categorical, for variables that are each encoded as C one-hot columns, with logits l = `decoder.logits`: ln p(x | z)
 * = Σ_c x_c (l_c - logsumexp of the group's logits).
 *
 * The cost is in the column where x is 1; the other columns cost 0, and so does a missing variable, whose columns are
 * all missing.
 */
import { requireChoice, requireNumber, requireObject } from "../../core/validate.ts";
import { type Definition, head } from "./definition.ts";
import type { CategoricalOptions } from "./options.ts";

export const categorical: Definition<CategoricalOptions> = {
  title: "categorical",

  parse(field, value, columns) {
    const { type, classes = columns } = requireObject(field, value, ["type", "classes"]);
    requireChoice(`${field}.type`, type, ["categorical"]);
    const width = requireNumber(`${field}.classes`, classes, {
      min: 2,
      max: 65_536,
      integer: true,
    });
    if (columns % width === 0) return { type: "categorical", classes: width };
    throw new RangeError(
      `Cannot read ${field}.classes: must divide the ${columns} columns, got ${width}`,
    );
  },

  build(site, { classes }) {
    const { g } = site.scope;
    const logits = head(site, "logits");
    const { rows, batched } = logits.shape;
    const groups = g.reshape(logits, {
      rows: rows * site.columns / classes,
      cols: classes,
      batched,
    });
    return {
      get mean() {
        return g.reshape(g.softmaxCols(groups), logits.shape);
      },
      get parameters() {
        return { mean: this.mean };
      },
      logProb(x) {
        const logP = g.sub(groups, g.logSumExpCols(groups));
        return g.mul(x, g.reshape(logP, logits.shape));
      },
    };
  },

  data: {
    needs: ({ classes }) => `one 1 and otherwise 0 in each group of ${classes} columns`,
    firstInvalid(values, first, columns, { classes }) {
      for (let group = 0; group < columns; group += classes) {
        let ones = 0, missing = 0;
        for (let c = group; c < group + classes; c++) {
          const value = values[first + c];
          // A variable must be missing in all of its columns or in none.
          if (Number.isNaN(value) && missing++ === c - group) continue;
          if (value !== 0 && value !== 1 || (ones += value) > 1) return c;
        }
        if (ones + missing === 0 || (missing > 0 && missing < classes)) return group;
      }
      return -1;
    },
  },

  standardizes: false,

  draw({ mean }, random, out, { classes }) {
    out.fill(0);
    for (let group = 0; group < out.length; group += classes) {
      const u = random(group).uniformF64();
      // The last class, if the rounded probabilities sum to less than u.
      let chosen = group + classes - 1;
      for (let c = group, sum = 0; c < group + classes - 1; c++) {
        if (u >= (sum += mean[c])) continue;
        chosen = c;
        break;
      }
      out[chosen] = 1;
    }
  },
};
