/**
 * Zip archives. zip.js reads the central directory, Zip64 and old encodings of names included.
 * Deflated bytes cannot be read by range, so all files are inflated once into one spool
 * (zip-inflate.ts); a file is then a slice of it.
 */
import { Reader, ZipReader } from "@zip.js/zip.js/lib/zip-core-native.js";
import { fromUtf8 } from "../../base/bytes.ts";
import { InfieldError } from "../../base/errors.ts";
import { MAX_ENTRIES, MAX_TREE_BYTES } from "../../base/limits.ts";
import type { FoundDir, FoundEntry, FoundMisfit } from "../input/collect.ts";
import { pathError } from "../path.ts";
import { readAhead } from "../read-ahead.ts";
import { type ByteSource, sliceSource } from "../source.ts";
import { damagedArchive } from "./archive-error.ts";
import { describeZipRecord, type PackedEntry } from "./zip-entry.ts";

/** What a central directory lists. */
export interface ZipListing {
  readonly dirs: readonly (FoundDir | FoundMisfit)[];
  /** Files and links in the order their bytes lie in. */
  readonly packed: readonly PackedEntry[];
}

/**
 * Throws `archive-damaged`, `limit-exceeded`, `not-a-tree` for what is encrypted.
 */
export async function listZip(source: ByteSource, owners: boolean): Promise<ZipListing> {
  const dirs: (FoundDir | FoundMisfit)[] = [];
  const packed: PackedEntry[] = [];
  let bytes = 0;
  for await (const record of readZipDirectory(source)) {
    const entry = describeZipRecord(record, owners);
    if (entry.kind === "dir" || entry.kind === "misfit") {
      if (entry.path !== "") dirs.push(entry);
    } else {
      packed.push(entry);
      bytes += entry.size;
    }
    if (dirs.length + packed.length > MAX_ENTRIES)
      throw tooLarge(`more than ${MAX_ENTRIES} files and folders`);
    if (bytes > MAX_TREE_BYTES) throw tooLarge(`files of more than ${MAX_TREE_BYTES} bytes`);
  }
  packed.sort((a, b) => a.offset - b.offset);
  return { dirs, packed };
}

/** The listed entries, their bytes found in what `inflateZip` gave. */
export async function* placeZip(
  { dirs, packed }: ZipListing,
  unpacked: ByteSource,
): AsyncGenerator<FoundEntry> {
  yield* dirs;
  let offset = 0;
  for (const { kind, path, mode, isModeless, uid, gid, size } of packed) {
    const source = sliceSource(unpacked, offset, size);
    offset += size;
    if (kind === "file")
      yield { kind, path, mode, uid, gid, source, ...(isModeless && { isModeless }) };
    else yield { kind, path, uid, gid, target: await readTarget(path, source) };
  }
}

/** A local file header, or the end record of a zip without files (APPNOTE 4.3.7, 4.3.16). */
export async function looksLikeZip(source: ByteSource): Promise<boolean> {
  const magic = String.fromCharCode(...(await source.read(0, Math.min(4, source.size))));
  return magic === "PK\x03\x04" || magic === "PK\x05\x06";
}

/**
 * Paths are checked by us, with everything else of a tree, and so are not zip.js's business. Throws
 * `archive-damaged`.
 */
export async function* readZipDirectory(source: ByteSource) {
  const zip = new ZipReader(new SourceReader(readAhead(source)), {
    filenameValidation: "tolerant",
  });
  try {
    yield* zip.getEntriesGenerator();
  } catch (error) {
    if (error instanceof InfieldError) throw error;
    const reason = error instanceof Error ? error.message : "unknown";
    throw damagedArchive(`is not a whole zip file (${reason})`, error);
  }
}

async function readTarget(path: string, source: ByteSource): Promise<string> {
  const target = fromUtf8(await source.read(0, source.size));
  if (target === undefined) throw pathError(path, "points to a name that is not UTF-8");
  return target;
}

function tooLarge(what: string): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `the archive holds ${what}`,
    "split the tree into two channels",
  );
}

/**
 * zip.js asks for a little more than there is when it looks for the end record, and expects what
 * there is.
 */
class SourceReader extends Reader<ByteSource> {
  readonly #source: ByteSource;
  constructor(source: ByteSource) {
    super(source);
    this.#source = source;
    this.size = source.size;
  }
  override async readUint8Array(index: number, length: number): Promise<Uint8Array> {
    return this.#source.read(index, Math.max(0, Math.min(length, this.#source.size - index)));
  }
}
