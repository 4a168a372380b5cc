/** Trees: their manifest, and how folders and archives are read as one. */
export { openArchive, type Spool, type SpooledSource } from "./archive/archive.ts";
export {
  type CollectOptions,
  collectTree,
  type FoundEntry,
  type Sha256,
  type TreeProgress,
} from "./collect.ts";
export type { DirEntry, Entry, FileEntry, LinkEntry } from "./entry.ts";
export {
  createManifest,
  EMPTY_MANIFEST,
  filesOf,
  formatManifest,
  type Manifest,
  needsSystem,
  parseManifest,
  treeBytes,
  treeId,
} from "./manifest.ts";
export { parseLine } from "./manifest-line.ts";
export { comparePaths, pathError } from "./path.ts";
export {
  type ByteSource,
  blobSource,
  bytesSource,
  checkRange,
  type SourceTree,
  sliceSource,
} from "./source.ts";
export { chunksOf } from "./streams.ts";
