/** Parts of paths, on any system. */

/** The last part of a path. */
export function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

/** The extension of a file name with its dot, in lower case; empty if there is none. */
export function endingOf(path: string | undefined): string {
  return /(?<=.)\.[^.]*$/.exec(baseName(path ?? ""))?.[0].toLowerCase() ?? "";
}

/** The folder of a path. */
export function folderOf(path: string): string {
  return path.slice(0, path.length - baseName(path).length) || ".";
}
