/** A blob, from whoever is at the other end of a connection: a neighbour, or the page that hands a release over. */
import { type Asker, type BlobRecord, fetchPieceList, fetchPieces } from "@infield/shared";
import { receiveBlob } from "../store/incoming.ts";
import type { Root } from "../store/root.ts";

/**
 * Fetches what is missing of a blob into the root's repository. Throws `blob-damaged` (a wrong piece or list),
 * `peer-failed`, AbortError, and what `receiveBlob` throws; what has arrived stays for the next try.
 */
export async function fetchBlob(
  root: Root,
  asker: Asker,
  blob: BlobRecord,
  onProgress: (doneBytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  await receiveBlob(root, blob, async (part) => {
    const list = await fetchPieceList(asker, blob, signal);
    const missing = await part.missing(list);
    onProgress(part.doneBytes());
    const store = async (index: number, bytes: Uint8Array) => {
      await part.store(index, bytes);
      onProgress(part.doneBytes());
    };
    await fetchPieces(asker, blob.root, list, missing, store, signal);
  });
}
