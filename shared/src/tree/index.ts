/** Trees: their manifest, and how folders and archives are read as one. */
export { type ArchiveOptions, openArchive, type Spool, type SpooledSource } from "./archive/archive.ts";
export {
  type CollectOptions,
  collectTree,
  type FoundDir,
  type FoundEntry,
  type FoundFile,
  type FoundLink,
  type Sha256,
  type TreeProgress,
} from "./collect.ts";
export { forEachConcurrently } from "../base/concurrently.ts";
export * from "./manifest.ts";
export { parseLine } from "./manifest-line.ts";
export { comparePaths, invalidPathReason, invalidTargetReason, pathError } from "./path.ts";
export {
  type ByteSource,
  blobSource,
  bytesSource,
  checkRange,
  type SourceTree,
  sliceSource,
} from "./source.ts";
export { chunksOf } from "./streams.ts";
