/**
 * What a person chose as a tree, as it is sent to the worker that reads it: file handles, not
 * bytes.
 */

export interface FolderInput {
  readonly kind: "folder";
  /** The folder's own name, for people. */
  readonly name: string;
  readonly files: readonly { readonly path: string; readonly file: Blob }[];
  /** Folders, if the browser lists them: otherwise empty ones are lost. */
  readonly folders: readonly string[];
}
export interface ArchiveInput {
  readonly kind: "archive";
  readonly name: string;
  readonly file: Blob;
}
export type TreeInput = FolderInput | ArchiveInput;
