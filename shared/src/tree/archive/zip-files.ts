/**
 * Single files of a zip, each unpacked when its bytes are first asked for: what nobody asks for
 * costs nothing, however much it would inflate to. Whoever asks looks at a file's size first; more
 * than that is never unpacked.
 */
import { concatBytes } from "../../base/bytes.ts";
import { InfieldError } from "../../base/errors.ts";
import { MAX_CHAIN_BYTES, MAX_ENTRIES } from "../../base/limits.ts";
import { type ByteSource, bytesSource, checkRange, sliceSource } from "../source.ts";
import { streamFrom } from "../streams.ts";
import type { Spool, SpooledSource } from "./archive.ts";
import { cleanArchivePath } from "./archive-path.ts";
import { readZipDirectory } from "./zip.ts";
import { describeZipRecord, type PackedEntry, zipNameOf } from "./zip-entry.ts";
import { findPackedBytes, inflateZip, isStored } from "./zip-inflate.ts";

/** Bytes up to which a file is unpacked in memory: records are; blobs go to the spool. */
const IN_MEMORY_BYTES = MAX_CHAIN_BYTES;

export interface ZipFiles {
  /** Paths of the files that were wanted and are there. */
  readonly paths: readonly string[];
  /**
   * A file, or undefined when there is none. Its checksum is only looked at when it is deflated: a
   * repository's files have better ones. Reading throws `archive-damaged`, `not-a-tree` for other
   * compression methods, and what the spool throws.
   */
  open(path: string): ByteSource | undefined;
  /** Lets go of what was spooled. */
  close(): Promise<void>;
}

/**
 * Lists the files of a zip that are `wanted`, and unpacks none of them. Throws `archive-damaged`,
 * `limit-exceeded`, and `not-a-tree` when a wanted one is encrypted.
 */
export async function openZipFiles(
  source: ByteSource,
  wanted: (path: string) => boolean,
  spool: Spool,
  signal?: AbortSignal,
): Promise<ZipFiles> {
  const entries = await listWanted(source, wanted);
  const spooled: SpooledSource[] = [];
  const unpack = async (entry: PackedEntry): Promise<ByteSource> => {
    if (isStored(entry)) {
      return sliceSource(source, await findPackedBytes(source, entry, 0), entry.size);
    }
    const chunks = inflateZip(source, [entry], signal, () => {});
    if (entry.size <= IN_MEMORY_BYTES) return bytesSource(await gather(chunks));
    const unpacked = await spool(streamFrom(chunks), signal);
    spooled.push(unpacked);
    return unpacked;
  };
  return {
    paths: [...entries.keys()],
    open(path) {
      const entry = entries.get(path);
      return entry && lazySource(entry.size, () => unpack(entry));
    },
    async close() {
      for (const one of spooled.splice(0)) await one.close();
    },
  };
}

async function listWanted(
  source: ByteSource,
  wanted: (path: string) => boolean,
): Promise<Map<string, PackedEntry>> {
  const entries = new Map<string, PackedEntry>();
  let seen = 0;
  for await (const record of readZipDirectory(source)) {
    seen += 1;
    if (seen > MAX_ENTRIES) throw tooManyFiles();
    if (!wanted(cleanArchivePath(zipNameOf(record)))) continue;
    const entry = describeZipRecord(record, false);
    if (entry.kind === "file") entries.set(entry.path, entry);
  }
  return entries;
}

function lazySource(size: number, unpack: () => Promise<ByteSource>): ByteSource {
  let unpacked: Promise<ByteSource> | undefined;
  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      unpacked ??= unpack();
      return (await unpacked).read(offset, length);
    },
  };
}

async function gather(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return concatBytes(all);
}

function tooManyFiles(): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `the archive holds more than ${MAX_ENTRIES} files`,
    "pack only the repository's folder",
  );
}
