/** A blob, from whoever has pieces of it: the neighbours, or the page that hands a release over. */
import { type BlobRecord, pieceCount } from "@infield/shared/records";
import { type Asker, fetchPieceList, pieceBits, Swarm } from "@infield/shared/transfer";
import { debug } from "../host/debug.ts";
import type { WritableRoot } from "../store/root/root.ts";
import { receiveBlob } from "../store/write/incoming.ts";
import type { Clock } from "../timing/clock.ts";

const log = debug("fetch");

/** Where a blob comes from. */
export interface BlobSource {
  /**
   * Asks one after another until one answers well; `source` names it, by what it cannot choose
   * alone. Throws what went wrong with the last one.
   */
  ask<T>(question: (asker: Asker, source: string) => Promise<T>): Promise<T>;
  /**
   * Lets everybody who has pieces of a blob join its swarm, now and later, until what it returns is
   * called.
   */
  joinAll(swarm: Swarm, blob: BlobRecord): () => void;
}

export interface FetchBlob {
  readonly root: WritableRoot;
  readonly clock: Clock;
  readonly source: BlobSource;
  onProgress(doneBytes: number): void;
  /** These pieces are here, verified, and can be served. */
  onPieces?(indexes: readonly number[]): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Fetches what is missing of a blob into the root's repository. Throws `blob-damaged` (a wrong
 * list, or nobody has the right pieces), `peer-failed`, AbortError, and what `receiveBlob` throws;
 * what has arrived is kept for the next try.
 */
export async function fetchBlob(
  blob: BlobRecord,
  { root, clock, source, onProgress, onPieces, signal }: FetchBlob,
): Promise<void> {
  await receiveBlob(root, blob, async (part) => {
    const pieceList = await source.ask((asker) => fetchPieceList(asker, blob, signal));
    const missing = await part.missing(pieceList);
    log("blob %s: %d of its pieces are missing", blob.root.slice(0, 8), missing.length);
    onProgress(part.doneBytes());
    if (part.doneBytes() > 0) onPieces?.(part.held());
    const swarm = new Swarm({
      ...{ clock, pieceList, missing, signal },
      async store(index, bytes) {
        await part.store(index, bytes);
        onProgress(part.doneBytes());
        onPieces?.([index]);
      },
    });
    const stop = source.joinAll(swarm, blob);
    await swarm.done.finally(stop);
  });
}

/** The page, which has all of a blob and is the only one to ask. */
export function pageSource(asker: Asker): BlobSource {
  return {
    ask: (question) => question(asker, "page"),
    joinAll(swarm, { root, bytes }) {
      const onFailure = (error: unknown) => swarm.fail(error);
      function askPiece(index: number) {
        const answer = asker.askBytes({ type: "get-piece", root, index });
        answer.catch(onFailure);
        return { answer, cancel() {} };
      }
      const bits = pieceBits(pieceCount(bytes), () => true);
      return swarm.join({ bits, askPiece, onLeft: onFailure }).leave;
    },
  };
}
