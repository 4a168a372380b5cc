/** For tests: makes whole delta files from groups, and reads them again. */

import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { expect } from "vitest";
import type {
  Codec,
  DeltaHeader,
  GroupReader,
  GroupSide,
  Level,
  OpenDelta,
  ReadAt,
  Span,
} from "../codec.ts";

export const MEBIBYTE = 1 << 20;
/** What level best may need. */
const MOST_MEMORY_BYTES = 256 * MEBIBYTE;

export interface Content {
  baseManifest: Uint8Array;
  skeleton: Uint8Array;
  groups: { base: Uint8Array; target: Uint8Array; spans: Span[] }[];
}

export const bytesOf = (text: string) => new TextEncoder().encode(text);
export const sha256 = (bytes: Uint8Array) =>
  new Uint8Array(createHash("sha256").update(bytes).digest());
export const readFrom =
  (bytes: Uint8Array): ReadAt =>
  (offset, length) =>
    bytes.subarray(offset, offset + length);

/** A side that is one file. */
export const whole = (bytes: Uint8Array): GroupSide => ({ bytes, parts: [bytes.length] });

export function makeDelta(codec: Codec, content: Content, level: Level = "default"): Uint8Array {
  const records: Uint8Array[] = [];
  const groups = content.groups.map(({ base, target, spans }): DeltaHeader["groups"][number] => {
    const { record, ...needs } = codec.encodeGroup(whole(base), whole(target), level);
    records.push(record);
    return { storedBytes: record.length, targetBytes: target.length, ...needs, base: spans };
  });
  const header = codec.encodeHeader({
    baseTreeId: sha256(content.baseManifest),
    targetTreeId: new Uint8Array(32).fill(7),
    baseManifest: content.baseManifest,
    skeleton: content.skeleton,
    groups,
  });
  const parts = [header.bytes, ...records];
  const checksum = new Uint8Array(4);
  const crc = parts.reduce((running, part) => crc32(part, running), 0);
  new DataView(checksum.buffer).setUint32(0, crc, true);
  const delta = new Uint8Array(Buffer.concat([...parts, checksum]));
  expect(codec.readHeader(readFrom(delta), delta.length).memoryBytes).toBe(header.memoryBytes);
  return delta;
}

export function openDelta(
  codec: Codec,
  delta: Uint8Array,
  baseManifest: Uint8Array,
  memoryLimitBytes = MOST_MEMORY_BYTES,
): OpenDelta {
  return codec.openDelta(readFrom(delta), delta.length, baseManifest, memoryLimitBytes);
}

export function readGroup(
  codec: Codec,
  delta: Uint8Array,
  content: Content,
  index: number,
  readBase?: ReadAt,
): Uint8Array {
  const open = openDelta(codec, delta, content.baseManifest);
  const reader = open.openGroup(
    index,
    readBase ?? readFrom(content.groups[index]?.base ?? new Uint8Array()),
  );
  const bytes = readAll(reader);
  reader.free();
  open.free();
  return bytes;
}

/** In pieces of an odd size, which straddle the steps in which the codec copies. */
function readAll(reader: GroupReader): Uint8Array {
  const piece = new Uint8Array(70_001);
  const pieces: Uint8Array[] = [];
  for (let bytes = piece.length; bytes === piece.length; ) {
    bytes = reader.read(piece);
    pieces.push(piece.slice(0, bytes));
  }
  expect(reader.read(piece)).toBe(0);
  return new Uint8Array(Buffer.concat(pieces));
}
