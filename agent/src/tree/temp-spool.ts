/** Where unpacked archives go: a temporary file. */
import { chunksOf, type SpooledSource } from "@infield/shared/tree";
import { handleSource } from "../host/file-source.ts";
import { openTempFile, writeAt } from "../host/temp-file.ts";

/** A `Spool` for `openArchive`. Throws `no-space`, `io-failed`, and the stream's own errors. */
export async function spoolToTempFile(
  stream: ReadableStream<Uint8Array>,
  signal?: AbortSignal,
): Promise<SpooledSource> {
  const handle = await openTempFile();
  try {
    let end = 0;
    for await (const chunk of chunksOf(stream)) {
      signal?.throwIfAborted();
      await writeAt(handle, chunk, end);
      end += chunk.length;
    }
    return await handleSource(handle, "the unpacked archive");
  } catch (error) {
    await handle.close();
    throw error;
  }
}
