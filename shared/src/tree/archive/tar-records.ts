/**
 * What extended headers say about the member after them: POSIX pax records (types "x" and "g") and
 * GNU's long names ("L" and "K"), all reduced to one small map.
 */
import { fromUtf8 } from "../../base/bytes.ts";
import { damagedArchive } from "./archive-error.ts";

const KEYS = ["path", "linkpath", "size", "uid", "gid"] as const;
type Key = (typeof KEYS)[number];

/**
 * Keyword → raw value. An empty value takes back what a header or global record said (POSIX pax,
 * "Extended Header").
 */
export type TarRecords = ReadonlyMap<Key | "sparse", Uint8Array>;

/**
 * The records of a pax extended header that matter here: `LENGTH KEYWORD=VALUE\n`, LENGTH counting
 * itself and the line break. Values may hold any byte (extended attributes do), so only lengths are
 * trusted, and those only after a look. Throws `archive-damaged`.
 */
export function parsePaxRecords(data: Uint8Array): TarRecords {
  const records = new Map<Key | "sparse", Uint8Array>();
  for (let at = 0; at < data.length; ) {
    const space = data.indexOf(0x20, at);
    const digits = String.fromCharCode(...data.subarray(at, Math.min(space, at + 10)));
    const end = /^[1-9]\d*$/.test(digits) ? at + Number(digits) : 0;
    const equals = data.indexOf(0x3d, space);
    if (space < 0 || end <= equals || end > data.length || equals < 0 || data[end - 1] !== 0x0a) {
      throw damagedArchive("has a broken pax header");
    }
    const keyword = fromUtf8(data.subarray(space + 1, equals)) ?? "";
    if (isKey(keyword)) records.set(keyword, data.subarray(equals + 1, end - 1));
    if (keyword.startsWith("GNU.sparse."))
      records.set("sparse", data.subarray(equals + 1, end - 1));
    at = end;
  }
  return records;
}

/** The data of a GNU "L" or "K" member: one name, ended by a NUL. */
export function parseGnuLongName(key: "path" | "linkpath", data: Uint8Array): TarRecords {
  const end = data.indexOf(0);
  return new Map([[key, end < 0 ? data : data.subarray(0, end)]]);
}

/** A decimal value, or what the header says when there is none. Throws `archive-damaged`. */
export function numberOf(records: TarRecords, key: "size" | "uid" | "gid", header: number): number {
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
  key: "path" | "linkpath",
  header: Uint8Array,
): Uint8Array {
  const value = records.get(key);
  return value === undefined || value.length === 0 ? header : value;
}

function isKey(keyword: string): keyword is Key {
  return KEYS.some((key) => key === keyword);
}
