/** Opens detectors for what goes beyond scoring: recalibration, updates, drift. */
import { Detector } from "../../detection/detector.ts";
import { unitsOf } from "../../scoring/units.ts";
import { readWhole } from "../files/files.ts";
import { aboutFile, type LoadedModel } from "./model.ts";

/** A detector that can be recalibrated. */
export interface LoadedDetector extends LoadedModel {
  readonly scorer: Detector;
}

/** @throws as `loadModel`; SyntaxError naming the file if it is not a detector */
export async function loadDetector(path: string): Promise<LoadedDetector> {
  const scorer = await Detector.load(await readWhole(path)).catch((error) => {
    throw aboutFile(path, error);
  });
  return {
    path,
    vae: scorer.vae,
    scorer,
    units: unitsOf(scorer),
    [Symbol.dispose]: () => scorer.dispose(),
  };
}
