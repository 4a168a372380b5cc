/**
 * A delta as the page keeps it: a Blob, which the browser may move to disk, and the root that names
 * it in a release.
 */
import { createDelta, type Delta, type DeltaEncoder, type Level } from "@infield/shared/delta";
import { blobRoot, hashPieces } from "@infield/shared/records";
import { blobSource, type SourceTree } from "@infield/shared/tree";

export interface MadeDelta extends Omit<Delta, "read" | "bytes"> {
  readonly blob: Blob;
  /** The blob's root. */
  readonly root: string;
}

/**
 * Makes a delta. `onProgress` gets the bytes done and in total. Throws what `createDelta` throws.
 */
export async function makeDelta(
  signal: AbortSignal,
  base: SourceTree,
  target: SourceTree,
  level: Level,
  encoder: DeltaEncoder,
  onProgress: (done: number, total: number) => void,
): Promise<MadeDelta> {
  const {
    read,
    bytes: _,
    ...about
  } = await createDelta(base, target, encoder, { level, signal, onProgress });
  return { ...about, ...(await makeBlob(read())) };
}

/**
 * Bytes as a Blob with its root. Each chunk becomes a Blob first, so that the browser can move it
 * to disk at once.
 */
export async function makeBlob(
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<{ blob: Blob; root: string }> {
  const parts: Blob[] = [];
  for await (const chunk of chunks) parts.push(new Blob([new Uint8Array(chunk)]));
  const blob = new Blob(parts);
  return { blob, root: blobRoot(await hashPieces(blobSource(blob))) };
}
