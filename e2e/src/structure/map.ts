/**
 * The map of folders in CONTRIBUTING.md: a table per part, each folder above those it may import
 * from. It is written for people, and it is what the checks read: there is no second list.
 */

/** One row of the map. */
export interface Folder {
  /** From the root of the repository, without a slash at the end: `agent/src/store/root`. */
  readonly path: string;
  readonly purpose: string;
}

const ROW = /^\| `([\w./-]+)\/` \| (.+) \|$/;

/** The rows of every table whose first column is a folder, from the top. */
export function readMap(markdown: string): Folder[] {
  return markdown.split("\n").flatMap((line) => {
    const [, path, purpose] = ROW.exec(line) ?? [];
    return path === undefined || purpose === undefined ? [] : [{ path, purpose }];
  });
}

/** The part that a path belongs to: its first folder. */
export function partOf(path: string): string {
  return path.split("/")[0] ?? "";
}
