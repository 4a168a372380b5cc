/** What was chosen in the browser's dialogs, as a tree to read. */
import type { ArchiveInput, FolderInput } from "../../tree/tree-input.ts";

/**
 * Files of `<input webkitdirectory>`: each path begins with the chosen folder's own name, which is
 * not part of the tree.
 */
export function folderOf(files: readonly File[]): FolderInput {
  const name = files[0]?.webkitRelativePath.split("/")[0] ?? "";
  return {
    kind: "folder",
    name,
    files: files.map((file) => ({ path: file.webkitRelativePath.slice(name.length + 1), file })),
    folders: [],
  };
}

export function archiveOf(file: File): ArchiveInput {
  return { kind: "archive", name: file.name, file };
}
