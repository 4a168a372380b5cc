/** Between byte sources, generators and web streams. */
import type { ByteSource } from "./source.ts";

/** Bytes of one chunk. */
const CHUNK_BYTES = 256 * 1024;

/** The chunks of a generator as a stream that takes one when it is asked for one. */
export function streamFrom(chunks: AsyncGenerator<Uint8Array>): ReadableStream<Uint8Array> {
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      const next = await chunks.next();
      if (next.done) controller.close();
      else controller.enqueue(next.value);
    },
    async cancel() {
      await chunks.return(undefined);
    },
  });
}

/** The chunks of a stream; leaving the loop early cancels it. */
export async function* chunksOf(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let ended = false;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    ended = true;
  } finally {
    if (!ended) await reader.cancel().catch(() => {});
  }
}

/** All bytes of a source in order. `onRead` hears of every chunk's bytes. */
export async function* readAll(
  source: ByteSource,
  signal: AbortSignal | undefined,
  onRead: (bytes: number) => void,
): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < source.size; at += CHUNK_BYTES) {
    signal?.throwIfAborted();
    const chunk = await source.read(at, Math.min(CHUNK_BYTES, source.size - at));
    onRead(chunk.length);
    yield chunk;
  }
}

/**
 * Unpacks with the decoder of the browser or of Node. Throws the decoder's error when the data
 * breaks off or is damaged.
 */
export async function* decompress(
  format: "gzip" | "deflate-raw",
  packed: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  // Browsers' and Node's types of this transform differ in how they spell "bytes".
  const decoder: { readable: ReadableStream<Uint8Array>; writable: WritableStream } =
    new DecompressionStream(format);
  const stop = new AbortController();
  const reader = streamFrom(packed).pipeThrough(decoder, { signal: stop.signal }).getReader();
  let ended = false;
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
    ended = true;
  } finally {
    if (!ended) {
      // Not `reader.cancel()`: Node 20's decoder then still has data for a closed stream, and the
      // process dies of it.
      stop.abort();
      await drain(reader);
    }
  }
}

async function drain(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<void> {
  try {
    while (!(await reader.read()).done);
  } catch {
    // The end that was asked for.
  }
}
