/** A column of DATA, or a member of an NPZ file, as classes: its texts, or its numbers as texts, whatever they are. */
import { concatBytes } from "../../core/bytes/bytes.ts";
import { readingOf } from "../../detection/columns/infer_schema.ts";
import { readNpzMember } from "../../formats/numpy/npz.ts";
import { sampleOf } from "../../formats/sample/read_sample.ts";
import type { Io } from "../io.ts";
import { endingOf } from "../text/paths.ts";
import { inputPieces, openData } from "./input.ts";

const ALL = { maxRows: () => Infinity };

/**
 * The class of every row; a missing cell is the class "".
 * @throws DataError if a table has no such column; an NPZ file without such a member has no classes
 */
export async function readClasses(
  path: string,
  column: string,
  io: Io,
  header?: boolean,
): Promise<string[]> {
  if (endingOf(path) === ".npz") {
    const bytes = concatBytes(
      await Array.fromAsync(inputPieces(path, io), (piece) => piece.slice()),
    );
    return Array.from(readNpzMember(bytes, column, path) ?? [], String);
  }
  const cells = readingOf([{ name: column, kind: "categorical" }]);
  const open = await openData(path, io, { header });
  const { texts, data } = await sampleOf(open, { columns: [column], cells }, ALL);
  const shown = texts?.[0];
  return Array.from(data, (value) => Number.isNaN(value) ? "" : shown?.[value] ?? `${value}`);
}
