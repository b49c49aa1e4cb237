/** The published figures of a collection: TSB-UAD's sheets, `file,benchmark_key,metric,METHOD…`. */

export interface Published {
  /** The series that have figures. */
  readonly files: ReadonlySet<string>;
  /** Mean AUROC and average precision by method. */
  readonly means: readonly (readonly [string, readonly number[]])[];
}

export async function publishedMeans(path: string): Promise<Published> {
  const [header, ...rows] = (await Deno.readTextFile(path)).trim().split(/\r?\n/)
    .map((line) => line.split(","));
  const meanOf = (metric: string, column: number) => {
    const own = rows.filter((row) => row[2] === metric).map((row) => Number(row[column]));
    return own.reduce((sum, each) => sum + each, 0) / own.length;
  };
  return {
    files: new Set(rows.map(([file]) => file)),
    means: header.slice(3).map((method, i) => [
      method,
      ["AUC_ROC", "AUC_PR"].map((metric) => meanOf(metric, i + 3)),
    ]),
  };
}
