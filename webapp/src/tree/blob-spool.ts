/** Where unpacked archives go: a Blob, which the browser moves to disk when it is large. */
import { blobSource, chunksOf, type SpooledSource } from "@infield/shared/tree";

/** Bytes collected before they become a Blob: a Blob of a million small parts is slow to read. */
const PART_BYTES = 8 << 20;

/** A `Spool` for `openArchive`. Throws the stream's errors. */
export async function spoolToBlob(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): Promise<SpooledSource> {
  const parts: Blob[] = [];
  let chunks: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  const closePart = () => {
    parts.push(new Blob(chunks));
    chunks = [];
    bytes = 0;
  };
  for await (const chunk of chunksOf(stream)) {
    signal?.throwIfAborted();
    chunks.push(chunk.slice());
    bytes += chunk.length;
    if (bytes >= PART_BYTES) closePart();
  }
  closePart();
  return { ...blobSource(new Blob(parts)), close: async () => {} };
}
