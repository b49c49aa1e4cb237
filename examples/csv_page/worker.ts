/** The Worker of page.html: a file in; its strangest rows, and the columns to blame, out. */
import { Detector } from "../../mod.ts";
import { readRows, readTable } from "../../src/detection/files.ts";

const SHOWN = 10;

self.addEventListener("message", async ({ data: file }: MessageEvent<File>) => {
  try {
    const onProgress = ({ epoch, epochs }: { epoch: number; epochs: number }) =>
      self.postMessage({ epoch, epochs });
    const detector = await Detector.fit(await readTable(file), { onProgress });
    const { data, rows } = await readRows(file, detector);
    const { scores, pValues } = detector.scoreCells({ data, rows });
    const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a]).slice(0, SHOWN);
    const width = detector.columns.length;
    const cells = order.flatMap((r) => [...data.subarray(r * width, (r + 1) * width)]);
    const chosen = { data: Float64Array.from(cells), rows: order.length };
    const explained = await detector.explain(chosen);
    const strangest = explained.map(({ blamed }, i) => ({
      row: order[i] + 1,
      pValue: pValues[order[i]],
      blamed,
    }));
    self.postMessage({ rows, strangest });
  } catch (error) {
    self.postMessage({ error: (error as Error).message });
  }
});
