/**
 * What an upload may become in a worker's memory: a packed file of a megabyte can claim to hold gigabytes. As many
 * cells as a quarter of a gigabyte of float64.
 */
export const UPLOAD_LIMITS = { maxInflatedBytes: 2 ** 28, maxCells: 2 ** 25 };
