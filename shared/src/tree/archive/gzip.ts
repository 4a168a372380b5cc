/** Unpacks gzip (RFC 1952) as a stream, with the browser's or Node's own decoder. */
import { InfieldError, isAbort } from "../../base/errors.ts";
import { MAX_UNPACKED_BYTES } from "../../base/limits.ts";
import type { ByteSource } from "../source.ts";
import { decompress, readAll } from "../streams.ts";
import { damagedArchive } from "./archive-error.ts";

/**
 * The unpacked bytes. Errors with `archive-damaged` when the data breaks off or its CRC is wrong,
 * `limit-exceeded` for a bomb. `onRead` hears of packed bytes as they are read.
 */
export async function* gunzip(
  source: ByteSource,
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  let total = 0;
  try {
    for await (const chunk of decompress("gzip", readAll(source, signal, onRead))) {
      total += chunk.length;
      if (total > MAX_UNPACKED_BYTES) throw bomb();
      yield chunk;
    }
  } catch (error) {
    if (error instanceof InfieldError || isAbort(error) || signal?.aborted) throw error;
    throw damagedArchive("is not a whole gzip file", error);
  }
}

function bomb(): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `the archive unpacks to more than ${MAX_UNPACKED_BYTES} bytes`,
    "split the tree into two channels",
  );
}
