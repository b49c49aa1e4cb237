/**
 * The most memory that an upload may take in a worker: a compressed file of one megabyte can claim to hold gigabytes.
 * The limit on cells equals a quarter of a gigabyte of float64.
 */
export const UPLOAD_LIMITS = { maxInflatedBytes: 2 ** 28, maxCells: 2 ** 25 };
