/**
 * What a person chose as a tree, as it travels to the worker that reads it: files are handed over,
 * not their bytes.
 */

export interface FolderInput {
  readonly kind: "folder";
  /** The folder's own name, for people. */
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly file: Blob }[];
  /** Folders, as far as the browser lists them: empty ones appear nowhere else. */
  readonly folders: readonly string[];
}
export interface ArchiveInput {
  readonly kind: "archive";
  readonly name: string;
  readonly file: Blob;
}
export type TreeInput = FolderInput | ArchiveInput;
