/** How names in an archive become paths of a tree, the way tar unpacks them. */

/**
 * Drops what changes nothing or leads out by its beginning: a leading "/" or "./", a trailing or
 * doubled "/", "." parts. ".." stays, and is refused with every other invalid path. The root itself
 * ("./") becomes "".
 */
export function cleanArchivePath(name: string): string {
  return name
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
}
