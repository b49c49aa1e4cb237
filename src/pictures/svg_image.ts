/**
 * A picture as SVG text: one `<image>` with its PNG as a data URI, pixel for pixel; when enlarged, its pixels stay
 * square.
 */
import type { Picture } from "./image_grid.ts";
import { toPng } from "./png.ts";

/** The text of the file. */
export function toSvg(picture: Picture): string {
  const { width, height } = picture;
  const png = toPng(picture);
  let characters = "";
  for (let at = 0; at < png.length; at += CHUNK) {
    characters += String.fromCharCode(...png.subarray(at, at + CHUNK));
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}">`,
    `<image width="${width}" height="${height}" style="image-rendering:pixelated" href="data:image/png;base64,${
      btoa(characters)
    }"/>`,
    "</svg>",
    "",
  ].join("\n");
}

/** Bytes converted at once: the number of arguments in a call is limited. */
const CHUNK = 8192;
