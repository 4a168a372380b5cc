/**
 * What extended headers say about the member after them: POSIX pax records (types "x" and "g") and
 * GNU's long names ("L" and "K"), all reduced to one small map.
 */
import { concatBytes, fromBase64, fromUtf8, toBase64, utf8 } from "../../base/bytes.ts";
import type { Xattr } from "../entry.ts";
import { damagedArchive } from "./archive-error.ts";

const NAME_KEYS = ["path", "linkpath"] as const;
const NUMBER_KEYS = ["size", "uid", "gid"] as const;
/** GNU tar writes attributes like this, libarchive in base64 with escaped names. */
const XATTR = "SCHILY.xattr.";
const LIBARCHIVE_XATTR = "LIBARCHIVE.xattr.";
const SPARSE = "GNU.sparse.";

/**
 * Keyword → raw value. An empty value takes back what a header or global record said (POSIX pax,
 * "Extended Header").
 */
export type TarRecords = ReadonlyMap<string, Uint8Array>;

/**
 * The records of a pax extended header that matter here: `LENGTH KEYWORD=VALUE\n`, LENGTH counting
 * itself and the line break. Values may hold any byte (extended attributes do), so only lengths are
 * trusted, and those only after a look. Throws `archive-damaged`.
 */
export function parsePaxRecords(data: Uint8Array): TarRecords {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const digits = String.fromCharCode(...data.subarray(at, Math.min(space, at + 10)));
    const end = /^[1-9]\d*$/.test(digits) ? at + Number(digits) : 0;
    const equals = data.indexOf(0x3d, space);
    if (space < 0 || end <= equals || end > data.length || equals < 0 || data[end - 1] !== 0x0a) {
      throw damagedArchive("has a broken pax header");
    }
    const keyword = fromUtf8(data.subarray(space + 1, equals)) ?? "";
    if (isWanted(keyword)) keep(records, keyword, data.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

function isWanted(keyword: string): boolean {
  return (
    [...NAME_KEYS, ...NUMBER_KEYS, "mtime"].some((key) => key === keyword) ||
    [XATTR, LIBARCHIVE_XATTR, SPARSE].some((prefix) => keyword.startsWith(prefix))
  );
}

/** Format 0.0 of sparse files says the same two words for each stretch: they become a list. */
function keep(records: Map<string, Uint8Array>, keyword: string, value: Uint8Array): void {
  const isListed = keyword === "GNU.sparse.offset" || keyword === "GNU.sparse.numbytes";
  const before = isListed ? records.get(SPARSE_LIST) : undefined;
  records.set(
    isListed ? SPARSE_LIST : keyword,
    before === undefined ? value : concatBytes([before, COMMA, value]),
  );
}

/** Where `keep` puts that list: the keyword of format 0.1. */
export const SPARSE_LIST = "GNU.sparse.map";
const COMMA = utf8(",");

/** Extended attributes among the records. Throws `archive-damaged`. */
export function xattrsOf(records: TarRecords): Xattr[] {
  return [...records].flatMap(([keyword, value]): Xattr[] => {
    if (keyword.startsWith(XATTR))
      return [{ name: keyword.slice(XATTR.length), value: toBase64(value) }];
    // Those of GNU come first where an archive has both.
    const name = unescapeUrl(keyword.slice(LIBARCHIVE_XATTR.length));
    if (!keyword.startsWith(LIBARCHIVE_XATTR) || records.has(XATTR + name)) return [];
    return [{ name, value: padBase64(fromUtf8(value) ?? "") }];
  });
}

function unescapeUrl(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw damagedArchive("has an attribute with a broken name");
  }
}

/** libarchive leaves out the `=` at the end. */
function padBase64(text: string): string {
  const padded = text.replace(/=+$/, "");
  const whole = padded.padEnd(Math.ceil(padded.length / 4) * 4, "=");
  if (fromBase64(whole) === undefined) throw damagedArchive("has a broken attribute");
  return whole;
}

/** The data of a GNU "L" or "K" member: one name, ended by a NUL. */
export function parseGnuLongName(key: "path" | "linkpath", data: Uint8Array): TarRecords {
  const end = data.indexOf(0);
  return new Map([[key, end < 0 ? data : data.subarray(0, end)]]);
}

/** A decimal value, or what the header says when there is none. Throws `archive-damaged`. */
export function numberOf(records: TarRecords, key: string, header: number): number {
  const value = records.get(key);
  if (value === undefined || value.length === 0) return header;
  const text = fromUtf8(value) ?? "";
  const number = Number(text);
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) {
    throw damagedArchive(`has a pax header with an impossible ${key}`);
  }
  return number;
}

/** The bytes of a name, or what the header says when there is none. */
export function nameOf(
  records: TarRecords,
  key: (typeof NAME_KEYS)[number],
  header: Uint8Array,
): Uint8Array {
  const value = records.get(key);
  return value === undefined || value.length === 0 ? header : value;
}
