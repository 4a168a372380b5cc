/**
 * Archives as trees, told apart by what is in them and never by their name: zip, tar, and tar
 * packed by gzip, xz, zstd or bzip2. A tar is read where it lies; what has to be unpacked goes to a
 * spool (a temporary file, a browser's Blob).
 */
import { InfieldError } from "../../base/errors.ts";
import { MAX_ENTRIES } from "../../base/limits.ts";
import { type CollectOptions, collectTree, type FoundEntry } from "../input/collect.ts";
import type { InputTree } from "../input/input-tree.ts";
import type { Recorded } from "../input/recorded.ts";
import { readAhead } from "../read-ahead.ts";
import type { ByteSource } from "../source.ts";
import { streamFrom } from "../streams.ts";
import { recogniseImage, unreadableImage } from "./image.ts";
import { mayBeOfLayout, OCI_MARK, type OpenFile, readOciLayout, type ScanLayer } from "./oci.ts";
import { isZeroBlock, looksLikeTar, scanTar } from "./tar.ts";
import { BLOCK_BYTES } from "./tar-header.ts";
import { type OpenUnpacker, type PackedFormat, recognisePacked, unpack } from "./unpack.ts";
import { listZip, looksLikeZip, placeZip } from "./zip.ts";
import { inflateZip } from "./zip-inflate.ts";

/** Bytes that were spooled; `close` removes them. */
export interface SpooledSource extends ByteSource {
  close(): Promise<void>;
}
/**
 * Takes a stream to somewhere it can be read by range. On failure it leaves nothing behind and
 * throws the stream's error.
 */
export type Spool = (
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
) => Promise<SpooledSource>;

export interface ArchiveOptions extends CollectOptions, Recorded {
  /** The codec's. */
  readonly openUnpacker: OpenUnpacker;
}

/**
 * The tree of an archive; `fileName` is only for messages. Everything in it was read and hashed
 * once when this returns. Throws `not-a-tree`, `archive-damaged`, `unsupported-entry`,
 * `path-invalid`, `limit-exceeded`, and what source and spool throw.
 */
export async function openArchive(
  source: ByteSource,
  fileName: string,
  spool: Spool,
  options: ArchiveOptions,
): Promise<InputTree> {
  const format = await recognise(source);
  if (format === "tar") return openTar(source, spool, options);
  if (format === "zip") return openZip(source, spool, options);
  if (format === undefined) {
    const image = await recogniseImage(source);
    throw image === undefined ? notATree(fileName) : unreadableImage(fileName, image);
  }
  return openPacked(format, source, fileName, spool, options);
}

async function openZip(
  source: ByteSource,
  spool: Spool,
  options: ArchiveOptions,
): Promise<InputTree> {
  const listing = await listZip(source, options.owners);
  const report = reportUnpacking(source, options);
  const stream = streamFrom(inflateZip(readAhead(source), listing.packed, options.signal, report));
  const unpacked = await spool(stream, options.signal);
  return closingToo([unpacked], () => collectTree(placeZip(listing, unpacked), options));
}

async function openPacked(
  format: PackedFormat,
  source: ByteSource,
  fileName: string,
  spool: Spool,
  options: ArchiveOptions,
): Promise<InputTree> {
  const unpacked = await unpackTo(spool, format, source, options);
  return closingToo([unpacked], async () => {
    if ((await recognise(unpacked)) !== "tar") throw notATree(fileName);
    return openTar(unpacked, spool, options);
  });
}

function unpackTo(
  spool: Spool,
  format: PackedFormat,
  source: ByteSource,
  options: ArchiveOptions,
): Promise<SpooledSource> {
  const { openUnpacker, signal } = options;
  const report = reportUnpacking(source, options);
  return spool(streamFrom(unpack(format, source, openUnpacker, signal, report)), signal);
}

/** A tar of a tree, or of an OCI image layout, which holds nothing else. */
async function openTar(
  source: ByteSource,
  spool: Spool,
  options: ArchiveOptions,
): Promise<InputTree> {
  const found = scanTar(source, options);
  const first: FoundEntry[] = [];
  for (let next = await found.next(); !next.done; next = await found.next()) {
    first.push(next.value);
    if (!mayBeOfLayout(next.value.path) || first.length > MAX_ENTRIES)
      return collectTree(chain(first, found), options);
  }
  const files = new Map(
    first.flatMap((one) => (one.kind === "file" ? [[one.path, one.source]] : [])),
  );
  if (!files.has(OCI_MARK)) return collectTree(first, options);
  return openOciLayout((path) => files.get(path), spool, options);
}

async function* chain(
  first: readonly FoundEntry[],
  rest: AsyncIterable<FoundEntry>,
): AsyncGenerator<FoundEntry> {
  yield* first;
  yield* rest;
}

/**
 * The tree of an OCI image layout, whose files `open` finds by their paths. Throws what
 * `openArchive` throws.
 */
export async function openOciLayout(
  open: OpenFile,
  spool: Spool,
  options: ArchiveOptions,
): Promise<InputTree> {
  const spooled: SpooledSource[] = [];
  const scan: ScanLayer = async function* (layer, number) {
    const format = await recognise(layer);
    if (format === undefined || format === "zip") throw notATree("a layer of the image");
    if (format === "tar") return yield* scanTar(layer, options, number);
    const unpacked = await unpackTo(spool, format, layer, options);
    spooled.push(unpacked);
    yield* scanTar(unpacked, options, number);
  };
  return closingToo(spooled, async () =>
    collectTree(await readOciLayout(open, scan, options), options),
  );
}

/** A tree that lives as long as what was spooled for it, and takes it along when it fails. */
async function closingToo(
  spooled: readonly SpooledSource[],
  openIt: () => Promise<InputTree>,
): Promise<InputTree> {
  const closeAll = async () => {
    for (const one of spooled) await one.close();
  };
  try {
    const tree = await openIt();
    return { ...tree, close: () => tree.close().finally(closeAll) };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

/** Whether its first bytes are those of an archive. */
export async function isArchive(source: ByteSource): Promise<boolean> {
  return (await recognise(source)) !== undefined;
}

async function recognise(source: ByteSource): Promise<"tar" | "zip" | PackedFormat | undefined> {
  const head = await source.read(0, Math.min(BLOCK_BYTES, source.size));
  const packed = recognisePacked(head);
  if (packed !== undefined) return packed;
  if (await looksLikeZip(source)) return "zip";
  if (looksLikeTar(head)) return "tar";
  // Zeros are an empty tar, and what many filesystems begin with.
  const isEmptyTar = isZeroBlock(head) && (await recogniseImage(source)) === undefined;
  return isEmptyTar ? "tar" : undefined;
}

function reportUnpacking(
  source: ByteSource,
  { onProgress }: ArchiveOptions,
): (bytes: number) => void {
  let doneBytes = 0;
  return (bytes) => {
    doneBytes += bytes;
    onProgress?.({ step: "unpack", doneBytes, totalBytes: source.size });
  };
}

function notATree(fileName: string): InfieldError {
  return new InfieldError(
    "not-a-tree",
    `${JSON.stringify(fileName)} is not an archive that Infield can read`,
    "choose a folder, a .zip, or a .tar, also packed by gzip, xz, zstd or bzip2",
  );
}
