/** The same in a Worker: `{ asks, subject, compared }` or `{ threads }`. */
import { answerAll, train } from "./page.js";

onmessage = async ({ data: { subject, asks, compared, threads } }) =>
  postMessage(asks ? await answerAll(subject, asks, compared) : await train(threads));
