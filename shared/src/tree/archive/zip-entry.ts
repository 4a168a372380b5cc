/**
 * What one record of a zip's central directory says about a tree (APPNOTE.TXT 6.3.10, section 4.4).
 */
import type { Entry as ZipRecord } from "@zip.js/zip.js";
import { InfieldError } from "../../base/errors.ts";
import { MAX_FILE_BYTES, MAX_PATH_BYTES } from "../../base/limits.ts";
import type { FoundDir, FoundMisfit } from "../input/collect.ts";
import { cleanArchivePath } from "./archive-path.ts";

/** A record with bytes: a file's content, or a link's target. */
export interface PackedEntry {
  readonly kind: "file" | "link";
  readonly path: string;
  readonly mode: number;
  /** Made where there are no modes. */
  readonly isModeless: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Bytes from the archive's beginning to the local header. */
  readonly offset: number;
  /** Bytes, packed and unpacked, as stated. */
  readonly packedBytes: number;
  readonly size: number;
  readonly crc32: number;
  /** APPNOTE 4.4.5. */
  readonly method: number;
}

/** APPNOTE 4.4.2: the upper byte of "version made by" is the system whose attributes these are. */
const MADE_BY_UNIX = [3, 19];
const TYPE_BITS = 0o170000;
const DIR_TYPE = 0o040000;
const FILE_TYPE = 0o100000;
const LINK_TYPE = 0o120000;
/** What archivers on systems without modes leave to the reader; 0755 for directories. */
const DEFAULT_FILE_MODE = 0o644;
const DEFAULT_DIR_MODE = 0o755;

/** Throws `limit-exceeded`, and `not-a-tree` for what is encrypted. */
export function describeZipRecord(
  record: ZipRecord,
  owners: boolean,
): PackedEntry | FoundDir | FoundMisfit {
  const name = zipNameOf(record);
  const path = cleanArchivePath(name);
  const unixMode = readUnixMode(record);
  const owner = owners ? { uid: record.uid ?? 0, gid: record.gid ?? 0 } : { uid: 0, gid: 0 };
  if (record.encrypted) throw encrypted(path);
  const type = unixMode & TYPE_BITS;
  if (record.directory || name.endsWith("/") || type === DIR_TYPE) {
    return {
      kind: "dir",
      path,
      mode: unixMode === 0 ? DEFAULT_DIR_MODE : unixMode & 0o7777,
      ...owner,
    };
  }
  if (type !== 0 && type !== FILE_TYPE && type !== LINK_TYPE) {
    const reason = "is a device, FIFO or socket";
    return { kind: "misfit", path, reason, code: "unsupported-entry" };
  }
  const mode = unixMode === 0 ? DEFAULT_FILE_MODE : unixMode & 0o7777;
  const kind = type === LINK_TYPE ? "link" : "file";
  checkSize(path, record.uncompressedSize, kind === "link" ? MAX_PATH_BYTES : MAX_FILE_BYTES);
  const {
    offset,
    compressedSize: packedBytes,
    uncompressedSize: size,
    compressionMethod: method,
  } = record;
  return {
    kind,
    path,
    mode,
    isModeless: unixMode === 0,
    ...owner,
    offset,
    packedBytes,
    size,
    method,
    crc32: record.crc32 ?? 0,
  };
}

/**
 * The name with slashes between its parts, as APPNOTE 4.4.17.1 wants it. Programs on Windows wrote
 * backslashes (.NET before 4.6.1), and no name there can hold one; on Unix it is a character like
 * any other.
 */
export function zipNameOf({ filename, versionMadeBy }: ZipRecord): string {
  return isMadeByUnix(versionMadeBy) ? filename : filename.replaceAll("\\", "/");
}

function isMadeByUnix(versionMadeBy: number): boolean {
  return MADE_BY_UNIX.includes(versionMadeBy >>> 8);
}

/**
 * `st_mode` in the upper half of the external attributes (APPNOTE 4.4.15 leaves it to the host), or
 * 0 when there is none.
 */
function readUnixMode(record: ZipRecord): number {
  return isMadeByUnix(record.versionMadeBy) ? record.externalFileAttributes >>> 16 : 0;
}

function checkSize(path: string, size: number, limit: number): void {
  if (size <= limit) return;
  throw new InfieldError(
    "limit-exceeded",
    `${JSON.stringify(path)} is over the limit of ${limit} bytes`,
    "leave it out of the input",
  );
}

function encrypted(path: string): InfieldError {
  return new InfieldError(
    "not-a-tree",
    `the archive is encrypted (${JSON.stringify(path)})`,
    "unpack it with its password and choose the folder",
  );
}
