/** Writes a detector that was just trained, so that no refusal of a weights format loses it. */
import type { Detector } from "../../detection/detector.ts";
import type { FileFormat } from "../../trained/file/quantize.ts";
import { isSameFile, writeAtomically } from "../files/files.ts";

/** What was written. */
export interface Written {
  /** Bytes of the file. */
  readonly bytes: number;
  /** Why the file has another format than was asked for; thrown once the training is reported. */
  readonly refusal?: RangeError;
}

/**
 * Writes the file in a format or, if the scores would then lose their order, in the model's own.
 * @param continued the model that was trained further, if any: its own file is not replaced by one in another format,
 * because after a failure an update may be repeated, and would then count its rows twice
 * @throws RangeError for that
 */
export async function writeTrained(
  detector: Detector,
  out: string,
  format: FileFormat | undefined,
  continued?: string,
): Promise<Written> {
  const { bytes, refusal } = savedAs(detector, format);
  if (refusal && continued !== undefined && await isSameFile(out, continued)) {
    throw refusal(`${out} is unchanged`);
  }
  await writeAtomically(out, [bytes]);
  const { format: own = "f32" } = detector.modelFile();
  return {
    bytes: bytes.length,
    ...(refusal && { refusal: refusal(`${out} has the model as ${own}`) }),
  };
}

/** The bytes to write and, if they have not the format that was asked for, how to say so. */
function savedAs(detector: Detector, format: FileFormat | undefined) {
  try {
    return { bytes: detector.save({ format }) };
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    const refusal = (state: string) => {
      const message = `${cause.message}: ${state}`;
      return new RangeError(message, { cause });
    };
    return { bytes: detector.save(), refusal };
  }
}
