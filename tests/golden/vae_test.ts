/**
 * Small VAEs against PyTorch in float64: the parts of the bound, the loss, every gradient. Oracle:
 * scripts/golden/make_vae_golden.py. Tolerance: `roundingsOf` in vae_golden.ts.
 */
import { boundPlan } from "./pieces.ts";
import { compareWithGoldens } from "./suite.ts";

compareWithGoldens({ folder: "vae", pieces: boundPlan, noise: ({ tensor }) => tensor("noise") });
