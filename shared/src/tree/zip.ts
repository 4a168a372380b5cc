/**
 * Zip archives, read with zip.js. Deflated bytes cannot be read by range, so all files are inflated once, one after the
 * other, into one spool; a file is then a slice of it.
 */
import { Reader, type FileEntry as ZipFile, ZipReader } from "@zip.js/zip.js/lib/zip-core-reader.js";
import { fromUtf8 } from "../bytes.ts";
import { InfieldError, isAbort } from "../errors.ts";
import { MAX_ENTRIES, MAX_TREE_BYTES } from "../limits.ts";
import { damagedArchive } from "./archive-error.ts";
import type { FoundEntry } from "./collect.ts";
import { pathError } from "./path.ts";
import { readAhead } from "./read-ahead.ts";
import { type ByteSource, sliceSource } from "./source.ts";
import { chunksOf } from "./streams.ts";
import { describeZipRecord, type PackedDir, type PackedEntry } from "./zip-entry.ts";

/** Paths are checked by us, with everything else of a tree; two records over the same bytes are how zip bombs are built. */
const ZIP_OPTIONS = {
  useWebWorkers: false,
  filenameValidation: "tolerant",
  checkCrc32: true,
  checkOverlappingEntry: true,
} as const;

/** What the central directory lists. Throws `archive-damaged`, `unsupported-entry`, `limit-exceeded`, `not-a-tree` (encrypted). */
export async function listZip(source: ByteSource, owners: boolean): Promise<(PackedEntry | PackedDir)[]> {
  const zip = new ZipReader(new SourceReader(readAhead(source)), ZIP_OPTIONS);
  const packed: (PackedEntry | PackedDir)[] = [];
  try {
    for await (const record of zip.getEntriesGenerator()) {
      const entry = describeZipRecord(record, owners);
      if (entry.kind !== "dir" || entry.path !== "") packed.push(entry);
      if (packed.length > MAX_ENTRIES) throw tooLarge(`more than ${MAX_ENTRIES} files and folders`);
    }
  } catch (error) {
    throw toArchiveError(error);
  }
  const bytes = packed.reduce((total, entry) => total + packedSize(entry), 0);
  if (bytes > MAX_TREE_BYTES) throw tooLarge(`files of ${bytes} bytes`);
  return packed;
}

/** The bytes of all listed files and links, in order and exactly as many as the list says. Errors as `listZip`. */
export async function* inflateZip(
  packed: readonly (PackedEntry | PackedDir)[],
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (const entry of packed) {
    signal?.throwIfAborted();
    if (entry.kind === "dir" || entry.record.uncompressedSize === 0) continue;
    yield* inflateRecord(entry, signal);
    onRead(entry.record.compressedSize);
  }
}

/** The listed entries, their bytes found in what `inflateZip` gave. */
export async function* placeZip(
  packed: readonly (PackedEntry | PackedDir)[],
  unpacked: ByteSource,
): AsyncGenerator<FoundEntry> {
  let offset = 0;
  for (const entry of packed) {
    const { kind, path, mode, owner } = entry;
    const source = sliceSource(unpacked, offset, packedSize(entry));
    offset += source.size;
    if (kind === "dir") yield { kind, path, mode, ...owner };
    else if (kind === "file") yield { kind, path, mode, ...owner, source };
    else yield { kind, path, ...owner, target: await readTarget(path, source) };
  }
}

async function* inflateRecord(
  { path, record }: PackedEntry,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let left = record.uncompressedSize;
  try {
    for await (const chunk of chunksOf(inflateStream(record, signal))) {
      left -= chunk.length;
      if (left < 0) break;
      yield chunk;
    }
  } catch (error) {
    throw toArchiveError(error);
  }
  if (left !== 0) throw damagedArchive(`unpacks ${JSON.stringify(path)} to another size than it states`);
}

/** zip.js writes where it is told; this turns it round, and passes its failures on however far it came. */
function inflateStream(record: ZipFile, signal: AbortSignal | undefined): ReadableStream<Uint8Array> {
  let fail: (error: unknown) => void = () => {};
  const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>({
    start: (controller) => {
      fail = (error) => controller.error(error);
    },
  });
  record.getData(writable, signal ? { ...ZIP_OPTIONS, signal } : ZIP_OPTIONS).catch(fail);
  return readable;
}

async function readTarget(path: string, source: ByteSource): Promise<string> {
  const target = fromUtf8(await source.read(0, source.size));
  if (target === undefined) throw pathError(path, "points to a name that is not UTF-8");
  return target;
}

function packedSize(entry: PackedEntry | PackedDir): number {
  return entry.kind === "dir" ? 0 : entry.record.uncompressedSize;
}

function toArchiveError(error: unknown): unknown {
  if (error instanceof InfieldError || isAbort(error)) return error;
  const reason = error instanceof Error ? error.message : "unknown";
  return damagedArchive(`is not a whole zip file (${reason})`, error);
}

function tooLarge(what: string): InfieldError {
  return new InfieldError("limit-exceeded", `the archive holds ${what}`, "split the tree into two channels");
}

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
