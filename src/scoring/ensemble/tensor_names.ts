/** How the tensors of an ensemble are called in a file: what they are is in `ensemble_file.ts`. */
export const PREFIX = "ensemble.";

/** Whether a tensor belongs to an ensemble. */
export const isEnsembleTensor = (name: string): boolean => name.startsWith(PREFIX);
