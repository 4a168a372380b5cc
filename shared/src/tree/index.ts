/** Trees: their manifest, and how folders and archives are read as one. */
export {
  type ArchiveOptions,
  isArchive,
  openArchive,
  openOciLayout,
  type Spool,
  type SpooledSource,
} from "./archive/archive.ts";
export { type ImageKind, recogniseImage, unreadableImage } from "./archive/image.ts";
export { OCI_MARK } from "./archive/oci.ts";
export type { CodecFormat, OpenUnpacker } from "./archive/unpack.ts";
export {
  type DirEntry,
  type Entry,
  type FileEntry,
  type HardLinkEntry,
  type InodeEntry,
  isInode,
  type LinkEntry,
  type Xattr,
} from "./entry.ts";
export {
  type CollectOptions,
  collectTree,
  type FoundEntry,
  type Sha256,
  type TreeProgress,
} from "./input/collect.ts";
export {
  type ExcludeChoice,
  type Excluded,
  type ExcludeOrigin,
  Excluder,
  IGNORE_FILE,
  readIgnoreFile,
  SYSTEM_SIGNS,
} from "./input/exclude.ts";
export { type InputTree, makeExecutable, type TreeReport } from "./input/input-tree.ts";
export { EXECUTABLE_MODE, HEAD_BYTES, isProgram } from "./input/program.ts";
export { type Recorded, recordedAttributes } from "./input/recorded.ts";
export {
  createManifest,
  EMPTY_MANIFEST,
  filesOf,
  formatManifest,
  type Manifest,
  needsXattrs,
  parseManifest,
  toFormat1,
  treeBytes,
  treeFormat,
  treeId,
} from "./manifest.ts";
export { parseEntry } from "./manifest-line.ts";
export { comparePaths, pathError } from "./path.ts";
export {
  type ByteSource,
  blobSource,
  bytesSource,
  checkRange,
  type SourceTree,
  sliceSource,
} from "./source.ts";
export { chunksOf, streamFrom } from "./streams.ts";
export { describeSystemNeeds, needsSystem } from "./system-needs.ts";
export { haveSameXattrs, SELINUX } from "./xattr.ts";
