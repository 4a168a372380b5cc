/**
 * Sparse files in tar archives: what is stored are the stretches with data, and a map that says
 * where they belong. GNU tar has four ways to write the map (GNU tar manual, "Storing Sparse
 * Files").
 */
import { fromUtf8 } from "../../base/bytes.ts";
import { MAX_FILE_BYTES, MAX_SPARSE_PARTS } from "../../base/limits.ts";
import { type ByteSource, checkRange, sliceSource } from "../source.ts";
import { damagedArchive } from "./archive-error.ts";
import { BLOCK_BYTES } from "./tar-header.ts";
import { numberOf, SPARSE_LIST, type TarRecords } from "./tar-records.ts";

/** A stretch of data: where it belongs in the file, in bytes. */
export interface SparsePart {
  readonly offset: number;
  readonly bytes: number;
}

/** True for a member whose pax records say that its data is sparse. */
export function isSparse(records: TarRecords): boolean {
  return [...records.keys()].some((keyword) => keyword.startsWith("GNU.sparse."));
}

/** The name of a sparse member where the header's is a stand-in. */
export function sparseName(records: TarRecords, name: Uint8Array): Uint8Array {
  return records.get("GNU.sparse.name") ?? name;
}

/** The whole file of a member whose pax records have the map, or say that it precedes the data. */
export async function openPaxSparse(records: TarRecords, data: ByteSource): Promise<ByteSource> {
  const size = numberOf(records, "GNU.sparse.realsize", numberOf(records, "GNU.sparse.size", -1));
  const list = records.get(SPARSE_LIST);
  if (list !== undefined) return spread(size, toParts(numbersOf(list)), data);
  const { parts, bytes } = await readMap(data);
  return spread(size, parts, sliceSource(data, bytes, data.size - bytes));
}

/** `parts` as headers of type "S" have them. */
export function openGnuSparse(
  size: number,
  parts: readonly SparsePart[],
  data: ByteSource,
): ByteSource {
  return spread(size, parts, data);
}

/** Format 1.0: lines of decimal numbers before the data, filled up to a block. */
async function readMap(data: ByteSource): Promise<{ parts: SparsePart[]; bytes: number }> {
  let text = "";
  for (let bytes = 0; bytes < data.size; ) {
    const block = await data.read(bytes, Math.min(BLOCK_BYTES, data.size - bytes));
    bytes += block.length;
    text += fromUtf8(block.subarray(0, lastDigit(block))) ?? "";
    const [count = "", ...numbers] = text.split("\n");
    const wanted = 2 * toNumber(count);
    if (wanted > 2 * MAX_SPARSE_PARTS) throw damagedMap();
    if (numbers.length > wanted)
      return { parts: toParts(numbers.slice(0, wanted).map(toNumber)), bytes };
  }
  throw damagedMap();
}

/** Zeros fill the last block. */
function lastDigit(block: Uint8Array): number {
  const end = block.indexOf(0);
  return end < 0 ? block.length : end;
}

function numbersOf(list: Uint8Array): number[] {
  return (fromUtf8(list) ?? "").split(",").map(toNumber);
}

function toNumber(text: string): number {
  if (!/^\d{1,16}$/.test(text)) throw damagedMap();
  return Number(text);
}

function toParts(numbers: readonly number[]): SparsePart[] {
  if (numbers.length % 2 !== 0 || numbers.length > 2 * MAX_SPARSE_PARTS) throw damagedMap();
  return Array.from({ length: numbers.length / 2 }, (_, at) => ({
    offset: numbers[2 * at] ?? 0,
    bytes: numbers[2 * at + 1] ?? 0,
  }));
}

/** The file: data at its places, zeros between. Parts must be in order and within the file. */
function spread(size: number, parts: readonly SparsePart[], data: ByteSource): ByteSource {
  let [end, stored] = [0, 0];
  const places = parts.map(({ offset, bytes }) => {
    if (offset < end || offset + bytes > size) throw damagedMap();
    const place = { offset, bytes, stored };
    [end, stored] = [offset + bytes, stored + bytes];
    return place;
  });
  if (!Number.isSafeInteger(size) || size < 0 || size > MAX_FILE_BYTES || stored > data.size)
    throw damagedMap();
  return {
    size,
    async read(at, length) {
      checkRange(size, at, length);
      const all = new Uint8Array(length);
      for (const { offset, bytes, stored: from } of places) {
        const [start, stop] = [Math.max(at, offset), Math.min(at + length, offset + bytes)];
        if (start < stop) all.set(await data.read(from + start - offset, stop - start), start - at);
      }
      return all;
    },
  };
}

function damagedMap(): Error {
  return damagedArchive("has a sparse file with a broken map");
}
