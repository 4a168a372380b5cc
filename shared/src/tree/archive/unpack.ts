/**
 * Unpacks what a tar is wrapped in, as a stream: gzip by the browser's or Node's own decoder, the
 * other formats by the codec's.
 */
import { InfieldError, isAbort } from "../../base/errors.ts";
import { MAX_UNPACKED_BYTES } from "../../base/limits.ts";
import type { ByteSource } from "../source.ts";
import { decompress, readAll } from "../streams.ts";
import { damagedArchive } from "./archive-error.ts";

/** Formats of one stream of bytes, as `file` names them. */
export type PackedFormat = "gzip" | CodecFormat;
export type CodecFormat = "xz" | "zstd" | "bzip2";

/** As in `wasm/codec.ts`. */
export interface Unpacker {
  step(
    input: Uint8Array,
    output: Uint8Array,
    isLast: boolean,
  ): { read: number; written: number } | "damaged" | "memory";
  free(): void;
}
export type OpenUnpacker = (format: CodecFormat) => Promise<Unpacker>;

/** Bytes unpacked at once. */
const OUTPUT_BYTES = 256 * 1024;

/** By the first bytes; undefined for anything else. */
export function recognisePacked(head: Uint8Array): PackedFormat | undefined {
  const starts = (...bytes: number[]) => bytes.every((byte, i) => head[i] === byte);
  if (starts(0x1f, 0x8b)) return "gzip";
  if (starts(0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00)) return "xz";
  if (starts(0x28, 0xb5, 0x2f, 0xfd)) return "zstd";
  // A skippable frame, with which `pzstd` begins (RFC 8878, 3.1.2).
  if (((head[0] ?? 0) & 0xf0) === 0x50 && [0x2a, 0x4d, 0x18].every((b, i) => head[i + 1] === b))
    return "zstd";
  // "BZh", a digit, and the magic of a block or of the end: pi or its square root.
  if (starts(0x42, 0x5a, 0x68) && (head[4] === 0x31 || head[4] === 0x17)) return "bzip2";
  return undefined;
}

/**
 * The unpacked bytes. Errors with `archive-damaged` when the data breaks off or a checksum is
 * wrong, `limit-exceeded` for a bomb. `onRead` hears of packed bytes as they are read.
 */
export async function* unpack(
  format: PackedFormat,
  source: ByteSource,
  openUnpacker: OpenUnpacker,
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  const packed = readAll(source, signal, onRead);
  const chunks =
    format === "gzip"
      ? decompress("gzip", packed)
      : unpackByCodec(await openUnpacker(format), packed);
  try {
    for await (const chunk of chunks) {
      total += chunk.length;
      if (total > MAX_UNPACKED_BYTES) throw tooLarge();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof InfieldError || isAbort(error) || signal?.aborted) throw error;
    throw damagedArchive(`is not a whole ${format} file`, error);
  }
}

/** The last chunk is known to be the last when there is none after it: by an empty one. */
async function* unpackByCodec(
  unpacker: Unpacker,
  packed: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of packed) yield* takeSteps(unpacker, chunk, false);
    yield* takeSteps(unpacker, new Uint8Array(), true);
  } finally {
    unpacker.free();
    await packed.return(undefined);
  }
}

function* takeSteps(unpacker: Unpacker, chunk: Uint8Array, isLast: boolean): Generator<Uint8Array> {
  const output = new Uint8Array(OUTPUT_BYTES);
  for (let at = 0; ; ) {
    const step = unpacker.step(chunk.subarray(at), output, isLast);
    if (step === "memory") throw tooMuchMemory();
    if (step === "damaged") throw damagedArchive("breaks off, or was changed since it was packed");
    at += step.read;
    if (step.written > 0) yield output.slice(0, step.written);
    else if (step.read === 0 && at === chunk.length) return;
    else if (step.read === 0) throw damagedArchive("goes on behind its end");
  }
}

function tooLarge(): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `the archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes`,
    "split the tree into two channels",
  );
}

function tooMuchMemory(): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    "unpacking the archive takes more than 256 MB of memory",
    "pack it again with smaller settings, such as `xz -9` or `zstd -19`",
  );
}
