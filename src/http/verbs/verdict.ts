/**
 * The numbers of a detector's verdict on one row, in order: the score, the p-value, whether the row is flagged, and the
 * contribution of each column. What options add comes after them.
 */
export const P_VALUE = 1, ANOMALY = 2, CONTRIBUTIONS = 3;
