/** The app in a page: no server is asked. */
import { createHandler, train } from "./app.js";

export { train };

/** Answers to the corpus, bodies in base64. */
export async function answerAll(subject, asks, compared) {
  const app = await createHandler(subject);
  const answers = [];
  for (const { method, path, headers, body } of asks) {
    const init = { method, headers, ...(body !== undefined && { body: bytesOf(body) }) };
    const response = await app.fetch(new Request(`http://127.0.0.1${path}`, init));
    answers.push({
      status: response.status,
      headers: [...response.headers].filter(([name]) => compared.includes(name)),
      body: textOf(new Uint8Array(await response.arrayBuffer())),
    });
  }
  return answers;
}

function bytesOf(base64) {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

function textOf(bytes) {
  let text = "";
  for (const byte of bytes) text += String.fromCharCode(byte);
  return btoa(text);
}
