/** Writes a detector that was just trained, so that no refusal of a weights format loses it. */
import type { Detector } from "../../detection/detector.ts";
import type { FileFormat } from "../../trained/file/quantize.ts";
import { writeAtomically } from "../files/files.ts";

/** What was written. */
export interface Written {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Why the file has another format than was asked for; thrown once the training is reported. */
  readonly refusal?: RangeError;
}

/** Writes the file in a format or, if the scores would then lose their order, in the model's own. */
export async function writeTrained(
  detector: Detector,
  out: string,
  format: FileFormat | undefined,
): Promise<Written> {
  const { bytes, refusal } = savedAs(detector, out, format);
  await writeAtomically(out, [bytes]);
  return { bytes: bytes.length, ...(refusal && { refusal }) };
}

function savedAs(detector: Detector, out: string, format: FileFormat | undefined) {
  try {
    return { bytes: detector.save({ format }) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const { format: own = "f32" } = detector.modelFile();
    const message = `${cause.message}: ${out} has the model as ${own}`;
    return { bytes: detector.save(), refusal: new RangeError(message, { cause }) };
  }
}
