/**
 * The bytes of a zip's files, unpacked in the order they lie in. zip.js could do it too, but builds
 * eight streams a file: 50,000 small files took it 52 s and 2 GB.
 */

import { updateCrc32 } from "../../base/crc32.ts";
import { InfieldError, isAbort } from "../../base/errors.ts";
import { type ByteSource, sliceSource } from "../source.ts";
import { decompress, readAll } from "../streams.ts";
import { damagedArchive } from "./archive-error.ts";
import type { PackedEntry } from "./zip-entry.ts";

/**
 * Files inflated together, each of at most SMALL_BYTES: what hides the latency of the decoder, in 1
 * MiB.
 */
const BATCH = 16;
const SMALL_BYTES = 64 * 1024;
/** APPNOTE 4.3.7: a local file header before its name and extra field. */
const LOCAL_HEADER_BYTES = 30;
const LOCAL_SIGNATURE = 0x04034b50;
const STORED = 0;
const DEFLATED = 8;

/**
 * The bytes of all entries one after the other, of each exactly as many as it states. `onRead`
 * hears of packed bytes. `packed` in the order of offsets. Throws `archive-damaged`, `not-a-tree`
 * for other compression methods.
 */
export async function* inflateZip(
  source: ByteSource,
  packed: readonly PackedEntry[],
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let end = 0;
  for (let at = 0; at < packed.length; ) {
    signal?.throwIfAborted();
    const batch = nextBatch(packed, at);
    const located: { entry: PackedEntry; data: ByteSource }[] = [];
    for (const entry of batch) {
      const start = await findPackedBytes(source, entry, end);
      end = start + entry.packedBytes;
      located.push({ entry, data: sliceSource(source, start, entry.packedBytes) });
      onRead(entry.packedBytes);
    }
    if (located.length > 1) {
      yield* await Promise.all(located.map(({ entry, data }) => inflateWhole(entry, data, signal)));
    } else {
      for (const { entry, data } of located) yield* inflateEntry(entry, data, signal);
    }
    at += batch.length;
  }
}

/** Small files in a row, or one large file. */
function nextBatch(packed: readonly PackedEntry[], at: number): readonly PackedEntry[] {
  const next = packed.slice(at, at + BATCH);
  const large = next.findIndex((entry) => entry.size > SMALL_BYTES);
  return next.slice(0, large < 0 ? BATCH : Math.max(1, large));
}

/**
 * Where an entry's packed bytes begin. Nothing may overlap what came before: two records over the
 * same bytes are how a small zip unpacks to petabytes.
 */
export async function findPackedBytes(
  source: ByteSource,
  entry: PackedEntry,
  earliest: number,
): Promise<number> {
  const { offset, path, packedBytes } = entry;
  if (offset < earliest) throw damagedArchive(`has files that overlap (${JSON.stringify(path)})`);
  if (offset + LOCAL_HEADER_BYTES > source.size) throw breaksOff(path);
  const bytes = await source.read(offset, LOCAL_HEADER_BYTES);
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (header.getUint32(0, true) !== LOCAL_SIGNATURE) {
    throw damagedArchive(`has no local header for ${JSON.stringify(path)}`);
  }
  const start =
    offset + LOCAL_HEADER_BYTES + header.getUint16(26, true) + header.getUint16(28, true);
  if (start + packedBytes > source.size) throw breaksOff(path);
  return start;
}

async function inflateWhole(
  entry: PackedEntry,
  data: ByteSource,
  signal: AbortSignal | undefined,
): Promise<Uint8Array> {
  const whole = new Uint8Array(entry.size);
  let at = 0;
  for await (const chunk of inflateEntry(entry, data, signal)) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

async function* inflateEntry(
  entry: PackedEntry,
  data: ByteSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  let bytes = 0;
  let crc = 0;
  try {
    for await (const chunk of decode(entry, data, signal)) {
      bytes += chunk.length;
      if (bytes > entry.size) break;
      crc = updateCrc32(crc, chunk);
      yield chunk;
    }
  } catch (error) {
    if (error instanceof InfieldError || isAbort(error) || signal?.aborted) throw error;
    throw damagedArchive(`cannot be unpacked at ${JSON.stringify(entry.path)}`, error);
  }
  if (bytes !== entry.size || crc !== entry.crc32) {
    throw damagedArchive(
      `has another size or checksum than it states for ${JSON.stringify(entry.path)}`,
    );
  }
}

function decode(
  entry: PackedEntry,
  data: ByteSource,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  const packed = readAll(data, signal, () => {});
  if (entry.method === STORED) return packed;
  if (entry.method === DEFLATED) return decompress("deflate-raw", packed);
  throw new InfieldError(
    "not-a-tree",
    `the archive uses compression method ${entry.method}, which Infield does not read`,
    "unpack it and choose the folder",
  );
}

/** True when the packed bytes are the file's. */
export function isStored({ method, packedBytes, size }: PackedEntry): boolean {
  return method === STORED && packedBytes === size;
}

function breaksOff(path: string): InfieldError {
  return damagedArchive(`breaks off before the end of ${JSON.stringify(path)}`);
}
