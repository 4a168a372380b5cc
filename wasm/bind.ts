/** Turns the functions that wasm-bindgen generates into the `Codec` of `codec.ts`. */

import {
  type Codec,
  type DeltaGroup,
  type DeltaHeader,
  type EncodedGroup,
  type EncodedHeader,
  type GroupReader,
  type GroupSide,
  type Level,
  levels,
  type OnProgress,
  type Span,
  type Stream,
  type Unpacker,
  type Work,
} from "./codec.ts";
import type * as Bindings from "./pkg/infield_codec.js";

type Wasm = typeof Bindings;
/** The part of a `WebAssembly.Memory` that is used here. */
interface Memory {
  readonly buffer: { readonly byteLength: number };
}

/** Bytes that cross at once, so that little is copied into the wasm instance. */
const STEP_BYTES = 64 << 10;

export function bindCodec(wasm: Wasm, memory: Memory): Codec {
  return {
    encodeGroup: (base, target, level, onProgress) =>
      encodeGroup(wasm, base, target, level, onProgress),
    encodeHeader: (header) => encodeHeader(wasm, header),
    openDelta(readDelta, deltaBytes, baseManifest, memoryLimitBytes) {
      const file = wasm.DeltaFile.open(readDelta, deltaBytes, memoryLimitBytes);
      try {
        file.check_base(baseManifest.length, hash(wasm, baseManifest));
        const readSkeleton = () =>
          readWhole(
            file.open_skeleton((offset: number, bytes: number) =>
              baseManifest.subarray(offset, offset + bytes),
            ),
          );
        return {
          baseTreeIdPrefix: file.base_tree_id_prefix,
          targetTreeId: file.target_tree_id,
          memoryBytes: file.memory_bytes,
          readSkeleton,
          groups: readGroups(file),
          openGroup: (index, readBase) => bindReader(file.open_group(index, readBase)),
          free: () => file.free(),
        };
      } catch (error) {
        file.free();
        throw error;
      }
    },
    readHeader(readDelta, deltaBytes) {
      const file = wasm.DeltaFile.open(readDelta, deltaBytes, Number.MAX_SAFE_INTEGER);
      try {
        return {
          formatVersion: file.format_version,
          baseTreeIdPrefix: file.base_tree_id_prefix,
          targetTreeId: file.target_tree_id,
          baseManifestBytes: file.base_manifest_bytes,
          memoryBytes: file.memory_bytes,
          groups: readGroups(file),
          streams: readStreams(file),
          work: readWork(file),
        };
      } finally {
        file.free();
      }
    },
    encodeBsdiff40: (base, target, onProgress) => wasm.encode_bsdiff40(base, target, onProgress),
    decodeBsdiff40: (base, patch, maxTargetBytes) =>
      wasm.decode_bsdiff40(base, patch, maxTargetBytes),
    createSha256: () => new wasm.Sha256(),
    openUnpacker: (format) => bindUnpacker(wasm.Unpacker.open(format)),
    memoryBytes: () => memory.buffer.byteLength,
  };
}

function takeEncoded(encoded: Bindings.Encoded): EncodedHeader & { formatVersion: number } {
  try {
    const { memory_bytes: memoryBytes, format_version: formatVersion } = encoded;
    return { memoryBytes, formatVersion, bytes: encoded.take() };
  } finally {
    encoded.free();
  }
}

function encodeGroup(
  wasm: Wasm,
  base: GroupSide,
  target: GroupSide,
  level: Level,
  onProgress: OnProgress | undefined,
): EncodedGroup {
  const encoded = wasm.encode_group(
    levels.indexOf(level),
    base.bytes,
    Float64Array.from(base.parts),
    target.bytes,
    Float64Array.from(target.parts),
    onProgress,
  );
  const { bytes, ...needs } = takeEncoded(encoded);
  return { record: bytes, ...needs };
}

function encodeHeader(wasm: Wasm, header: DeltaHeader): EncodedHeader {
  const { groups } = header;
  const table = groups.flatMap((group) => [
    group.targetBytes,
    group.storedBytes,
    group.base.length,
  ]);
  const spans = groups.flatMap((group) =>
    group.base.flatMap((span) => [span.file, span.offset, span.bytes]),
  );
  const most = (of: (group: (typeof groups)[number]) => number) =>
    groups.reduce((highest, group) => Math.max(highest, of(group)), 0);
  const encoded = wasm.encode_header(
    header.baseTreeId,
    header.targetTreeId,
    header.baseManifest,
    header.skeleton,
    Float64Array.from(table),
    Float64Array.from(spans),
    most((group) => group.memoryBytes),
    most((group) => group.formatVersion),
  );
  return takeEncoded(encoded);
}

function hash(wasm: Wasm, bytes: Uint8Array): Uint8Array {
  const sha256 = new wasm.Sha256();
  for (let start = 0; start < bytes.length; start += STEP_BYTES) {
    sha256.update(bytes.subarray(start, start + STEP_BYTES));
  }
  const digest = sha256.digest();
  sha256.free();
  return digest;
}

function readWhole(reader: GroupReader): Uint8Array {
  const chunks: Uint8Array[] = [];
  const chunk = new Uint8Array(STEP_BYTES);
  let bytes = 0;
  try {
    for (let read = reader.read(chunk); read > 0; read = reader.read(chunk)) {
      chunks.push(chunk.slice(0, read));
      bytes += read;
    }
  } finally {
    reader.free();
  }
  const whole = new Uint8Array(bytes);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function bindReader(reader: Bindings.RecordReader): GroupReader {
  return { read: (into) => reader.read(into), free: () => reader.free() };
}

function bindUnpacker(unpacker: Bindings.Unpacker | undefined): Unpacker {
  if (unpacker === undefined) throw new Error("no such format");
  return {
    step(input, output, isLast) {
      const [read = 0, written = 0] = unpacker.step(input, output, isLast);
      if (read < 0) return read === -1 ? "damaged" : "memory";
      return { read, written };
    },
    free: () => unpacker.free(),
  };
}

function readStreams(file: Bindings.DeltaFile): Stream[] {
  const rows: [string, number, number][] = file.break_down();
  return rows.map(([name, storedBytes, plainBytes]) => ({ name, storedBytes, plainBytes }));
}

function readWork(file: Bindings.DeltaFile): Work[] {
  const rows: [string, number][] = file.work();
  return rows.map(([name, count]) => ({ name, count }));
}

function readGroups(file: Bindings.DeltaFile): DeltaGroup[] {
  const spans = triples(file.spans()).map(
    ([file, offset, bytes]): Span => ({ file, offset, bytes }),
  );
  let taken = 0;
  return triples(file.groups()).map(([targetBytes, storedBytes, spanCount]) => {
    const base = spans.slice(taken, taken + spanCount);
    taken += spanCount;
    return { targetBytes, storedBytes, base };
  });
}

function triples(numbers: Float64Array): [number, number, number][] {
  return Array.from({ length: numbers.length / 3 }, (_, index) => {
    const [first = 0, second = 0, third = 0] = numbers.subarray(3 * index, 3 * index + 3);
    return [first, second, third];
  });
}
