/**
 * A tar archive as a sequence of members, extended headers already applied. Only headers are read;
 * the bytes of files stay where they are until somebody asks for them.
 */
import { fromUtf8 } from "../../base/bytes.ts";
import type { InfieldError } from "../../base/errors.ts";
import { MAX_SPARSE_PARTS, MAX_TAR_RECORDS_BYTES } from "../../base/limits.ts";
import type { Xattr } from "../entry.ts";
import { type ByteSource, sliceSource } from "../source.ts";
import { damagedArchive } from "./archive-error.ts";
import { BLOCK_BYTES, parseSparseBlock, parseTarHeader, type TarHeader } from "./tar-header.ts";
import {
  nameOf,
  numberOf,
  parseGnuLongName,
  parsePaxRecords,
  type TarRecords,
  xattrsOf,
} from "./tar-records.ts";
import {
  isSparse,
  openGnuSparse,
  openPaxSparse,
  type SparsePart,
  sparseName,
} from "./tar-sparse.ts";

export interface TarMember {
  /** As written: not cleaned, not checked. */
  readonly name: string;
  readonly linkName: string;
  /** Whether both are; else replacement characters stand in them. */
  readonly isUtf8: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** See `TarHeader`. */
  readonly type: string;
  /** Seconds since 1970. */
  readonly mtime: number;
  readonly xattrs: readonly Xattr[];
  /** Sparse files are whole here: zeros stand where nothing is stored. */
  readonly data: ByteSource;
}

/**
 * POSIX: only regular ("0") and contiguous ("7") files have data. Incremental GNU archives list a
 * directory's names ("D").
 */
const TYPES_WITH_DATA = "07DSMVxgXLK";
const NO_RECORDS: TarRecords = new Map();

/**
 * Throws `archive-damaged` where the archive breaks off: two blocks of zeros end it (POSIX), and
 * without them nobody knows whether the rest of the tree is missing.
 */
export async function* readTarMembers(source: ByteSource): AsyncGenerator<TarMember> {
  let globals = NO_RECORDS;
  let records = NO_RECORDS;
  for (let at = 0; ; ) {
    const header = parseTarHeader(await readBytes(source, at, BLOCK_BYTES), at);
    if (header === undefined) return checkEnd(source, at + BLOCK_BYTES, records);
    // The size in a pax header is that of the next real member: extended headers have their own.
    const extended = isExtended(header.type);
    const size = extended
      ? header.size
      : numberOf(new Map([...globals, ...records]), "size", header.size);
    const dataBytes = TYPES_WITH_DATA.includes(header.type) ? size : 0;
    const map = header.type === "S" ? await readSparseMap(source, at) : undefined;
    at = map?.lastBlock ?? at;
    const data = sliceTar(source, at + BLOCK_BYTES, dataBytes);
    if (header.type === "g") {
      globals = new Map([...globals, ...(await readRecords(header.type, data))]);
    } else if (extended) {
      records = new Map([...records, ...(await readRecords(header.type, data))]);
    } else {
      const own = new Map([...globals, ...records]);
      yield toMember(header, own, await wholeFile(own, data, map));
      records = NO_RECORDS;
    }
    at += BLOCK_BYTES + Math.ceil(dataBytes / BLOCK_BYTES) * BLOCK_BYTES;
  }
}

function isExtended(type: string): boolean {
  return "xgXLK".includes(type);
}

async function readRecords(type: string, data: ByteSource): Promise<TarRecords> {
  if (data.size > MAX_TAR_RECORDS_BYTES)
    throw damagedArchive(`has an extended header of ${data.size} bytes`);
  const bytes = await data.read(0, data.size);
  if (type === "L") return parseGnuLongName("path", bytes);
  if (type === "K") return parseGnuLongName("linkpath", bytes);
  return parsePaxRecords(bytes);
}

interface SparseMap {
  readonly parts: readonly SparsePart[];
  /** Bytes of the whole file. */
  readonly size: number;
  /** Where the last block of the map is. */
  readonly lastBlock: number;
}

/** The map of a member of type "S": in its header, and in blocks between that and the data. */
async function readSparseMap(source: ByteSource, header: number): Promise<SparseMap> {
  const first = parseSparseBlock(await readBytes(source, header, BLOCK_BYTES), true);
  const parts = [...first.parts];
  let lastBlock = header;
  for (let { more } = first; more; ) {
    lastBlock += BLOCK_BYTES;
    const next = parseSparseBlock(await readBytes(source, lastBlock, BLOCK_BYTES), false);
    parts.push(...next.parts);
    if (parts.length > MAX_SPARSE_PARTS)
      throw damagedArchive("has a sparse file in too many parts");
    more = next.more;
  }
  return { parts, size: first.size, lastBlock };
}

async function wholeFile(
  records: TarRecords,
  data: ByteSource,
  map: SparseMap | undefined,
): Promise<ByteSource> {
  if (map !== undefined) return openGnuSparse(map.size, map.parts, data);
  return isSparse(records) ? openPaxSparse(records, data) : data;
}

function toMember(header: TarHeader, records: TarRecords, data: ByteSource): TarMember {
  const name = sparseName(records, nameOf(records, "path", header.name));
  const linkName = nameOf(records, "linkpath", header.linkName);
  return {
    name: decodeName(name),
    linkName: decodeName(linkName),
    isUtf8: fromUtf8(name) !== undefined && fromUtf8(linkName) !== undefined,
    mode: header.mode,
    uid: numberOf(records, "uid", header.uid),
    gid: numberOf(records, "gid", header.gid),
    type: header.type,
    mtime: secondsOf(records, header.mtime),
    xattrs: xattrsOf(records),
    data,
  };
}

function secondsOf(records: TarRecords, header: number): number {
  const text = fromUtf8(records.get("mtime") ?? new Uint8Array()) ?? "";
  return /^-?\d{1,12}(\.\d+)?$/.test(text) ? Number(text) : header;
}

function decodeName(bytes: Uint8Array): string {
  return fromUtf8(bytes) ?? new TextDecoder().decode(bytes);
}

async function checkEnd(source: ByteSource, at: number, records: TarRecords): Promise<void> {
  const second = parseTarHeader(await readBytes(source, at, BLOCK_BYTES), at);
  if (second !== undefined) throw damagedArchive(`goes on after a block of zeros at byte ${at}`);
  if (records.size > 0) throw damagedArchive("ends after a header that announces another member");
}

function sliceTar(source: ByteSource, offset: number, size: number): ByteSource {
  if (offset + size > source.size) throw breaksOff(source);
  return sliceSource(source, offset, size);
}

async function readBytes(source: ByteSource, offset: number, length: number): Promise<Uint8Array> {
  if (offset + length > source.size) throw breaksOff(source);
  return source.read(offset, length);
}

function breaksOff(source: ByteSource): InfieldError {
  return damagedArchive(`breaks off after ${source.size} bytes`);
}
