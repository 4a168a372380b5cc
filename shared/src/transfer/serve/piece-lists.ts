/**
 * The piece lists of blobs: hashed when somebody asks for one, and a few of them kept. One blob at
 * a time is read: whoever asks for many must not set the whole disk and processor to work.
 */
import { hashPieces } from "../../records/blob.ts";
import type { ByteSource } from "../../tree/source.ts";

/** What a classroom asks for at one time. */
const LISTS_KEPT = 4;

export class PieceLists {
  readonly #lists = new Map<string, Promise<Uint8Array>>();
  #lastHashing: Promise<unknown> = Promise.resolve();

  /** The hashes of the pieces of this blob. Throws what reading it throws. */
  of(root: string, blob: ByteSource): Promise<Uint8Array> {
    const known = this.#lists.get(root);
    if (known) return known;
    const list = this.#hashInTurn(blob);
    this.#lists.set(root, list);
    list.catch(() => {
      // By now another try may stand there.
      if (this.#lists.get(root) === list) this.#lists.delete(root);
    });
    const oldest = this.#lists.keys().next().value;
    if (this.#lists.size > LISTS_KEPT && oldest !== undefined) this.#lists.delete(oldest);
    return list;
  }

  #hashInTurn(blob: ByteSource): Promise<Uint8Array> {
    const hash = () => hashPieces(blob);
    const list = this.#lastHashing.then(hash, hash);
    this.#lastHashing = list;
    return list;
  }
}
