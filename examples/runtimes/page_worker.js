/** The Worker of page.html: trains on rows, then scores others, off the page's thread. */
import { Detector } from "./elbow.js";

let detector;

onmessage = async ({ data: { train, columns, score } }) => {
  if (train) {
    const onProgress = ({ epoch, epochs }) => postMessage({ epoch, epochs });
    detector = await Detector.fit(train, { columns, preset: "small", onProgress });
    postMessage({ threshold: detector.threshold });
  }
  if (score) postMessage({ verdicts: await detector.score(score) });
};
