/**
 * One 512-byte tar header: POSIX.1-1988 ustar ("ustar Interchange Format" in the pax utility of
 * POSIX.1-2017), the older v7 header without a magic, and GNU tar's dialect of both (base-256
 * numbers; no prefix field).
 */
import { damagedArchive } from "./archive-error.ts";

export const BLOCK_BYTES = 512;

export interface TarHeader {
  /**
   * Undecoded: a long name that a later record replaces may be cut in the middle of a character.
   */
  readonly name: Uint8Array;
  readonly linkName: Uint8Array;
  /** Permission bits, 0 … 0o7777. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes, as stated; not yet compared with what is there. */
  readonly size: number;
  /** Seconds since 1970. */
  readonly mtime: number;
  /** One character: POSIX's "0" … "7", "x", "g", or a vendor's letter. A v7 NUL reads as "0". */
  readonly type: string;
}

/**
 * The header at `offset` of the archive, or undefined for a block of zeros. Throws
 * `archive-damaged`.
 */
export function parseTarHeader(block: Uint8Array, offset: number): TarHeader | undefined {
  if (block.every((byte) => byte === 0)) return undefined;
  if (!hasTarChecksum(block)) throw damagedArchive(`has no valid header at byte ${offset}`);
  const number = (at: number, length: number) => {
    const value = parseNumber(block.subarray(at, at + length));
    if (value === undefined)
      throw damagedArchive(`has a header with an impossible number at byte ${offset}`);
    return value;
  };
  return {
    name: readName(block),
    linkName: readText(block, 157, 100),
    mode: number(100, 8) & 0o7777,
    uid: number(108, 8),
    gid: number(116, 8),
    size: number(124, 12),
    mtime: number(136, 12),
    type: String.fromCharCode(block[156] || 0x30),
  };
}

/** Whether a block's checksum is right, which is also how a tar without a magic is recognised. */
export function hasTarChecksum(block: Uint8Array): boolean {
  const stated = parseNumber(block.subarray(148, 156));
  // The checksum field itself counts as eight spaces. Historic tars added the bytes as signed ones.
  let sum = 8 * 0x20;
  let signedSum = sum;
  for (let i = 0; i < BLOCK_BYTES; i++) {
    if (i >= 148 && i < 156) continue;
    const byte = block[i] ?? 0;
    sum += byte;
    signedSum += byte < 0x80 ? byte : byte - 0x100;
  }
  return block.length === BLOCK_BYTES && (stated === sum || stated === signedSum);
}

/** `prefix/name` for POSIX; GNU ("ustar" and a space) keeps times where the prefix would be. */
function readName(block: Uint8Array): Uint8Array {
  const name = readText(block, 0, 100);
  const isPosix = String.fromCharCode(...block.subarray(257, 263)) === "ustar\0";
  const prefix = isPosix ? readText(block, 345, 155) : new Uint8Array();
  return prefix.length === 0 ? name : Uint8Array.from([...prefix, 0x2f, ...name]);
}

/** Bytes up to the first NUL; a field may be filled to its end without one. */
function readText(block: Uint8Array, at: number, length: number): Uint8Array {
  const field = block.subarray(at, at + length);
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

/**
 * Octal digits between spaces or NULs, or GNU's base-256 where the top bit is set. Undefined for
 * anything else.
 */
function parseNumber(field: Uint8Array): number | undefined {
  if ((field[0] ?? 0) >= 0x80) return parseBase256(field);
  const text = String.fromCharCode(...field)
    .replace(/\0.*$/s, "")
    .trim();
  if (text === "") return 0;
  return /^[0-7]+$/.test(text) ? Number.parseInt(text, 8) : undefined;
}

/**
 * Big-endian bytes after the marking bit; GNU writes 0xff first for negative numbers, which no
 * field here may be.
 */
function parseBase256(field: Uint8Array): number | undefined {
  if (field[0] !== 0x80) return undefined;
  const value = field.subarray(1).reduce((sum, byte) => sum * 256 + byte, 0);
  return Number.isSafeInteger(value) ? value : undefined;
}

/** Stretches of a file of type "S": four in its header, 21 in each block that follows. */
export function parseSparseBlock(
  block: Uint8Array,
  isHeader: boolean,
): { parts: { offset: number; bytes: number }[]; more: boolean; size: number } {
  const [start, count] = isHeader ? [386, 4] : [0, 21];
  const field = (at: number) => parseNumber(block.subarray(at, at + 12));
  const parts = Array.from({ length: count }, (_, i) => ({
    offset: field(start + 24 * i) ?? -1,
    bytes: field(start + 24 * i + 12) ?? -1,
  }));
  if (parts.some(({ offset, bytes }) => offset < 0 || bytes < 0))
    throw damagedArchive("has a sparse file with a broken map");
  const end = start + 24 * count;
  return {
    parts: parts.filter(({ offset, bytes }) => offset > 0 || bytes > 0),
    more: block[end] === 1,
    size: isHeader ? (field(end + 1) ?? 0) : 0,
  };
}
