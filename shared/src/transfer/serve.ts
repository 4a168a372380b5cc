/**
 * The answering side of a transfer: files, piece hashes and pieces of a repository, to whoever
 * asks.
 */
import { concatBytes } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { PIECE_BYTES } from "../base/limits.ts";
import { HASH_BYTES, hashPieces, pieceCount, pieceRange } from "../records/blob.ts";
import {
  blobPath,
  CHANNEL_FILE,
  type RepositoryReader,
  releasePath,
} from "../records/repository.ts";
import type { ByteSource } from "../tree/source.ts";
import type { Answer, Request } from "./messages.ts";
import { pieceBits } from "./piece-bits.ts";
import type { Wire } from "./wire.ts";

/** Piece hashes in one answer: 2,048, so that it is no larger than a piece. */
export const HASHES_PER_ANSWER = PIECE_BYTES / HASH_BYTES;
/** Piece lists kept in memory: what a classroom asks for at one time. */
const LISTS_KEPT = 4;

/** What is installed, by its hash. */
export interface ContentReader {
  /**
   * A file that has this hash, or a manifest that has this tree id; undefined when nothing sound
   * has.
   */
  open(sha256: string): Promise<ByteSource | undefined>;
}

/** A blob on its way in, of which only what was verified is served. */
export interface IncomingBlob {
  readonly bytes: number;
  readonly pieceList: Uint8Array;
  has(index: number): boolean;
  /** The bytes of a piece that is there. */
  read(index: number): Promise<Uint8Array>;
}
/** Finds a blob that is on its way in by its root. */
export type FindIncoming = (root: string) => IncomingBlob | undefined;

export type Serve = (request: Request, wire: Wire) => Promise<void>;

/**
 * Answers requests from a repository, from what is on its way there, and from what is installed;
 * never throws, as what goes wrong is the answer.
 */
export function createServer(
  repository: RepositoryReader,
  contents?: ContentReader,
  findIncoming: FindIncoming = () => undefined,
): Serve {
  const lists = new Map<string, Promise<Uint8Array>>();
  let lastHashing: Promise<unknown> = Promise.resolve();

  async function pieceList(root: string): Promise<Uint8Array> {
    // Before anything is remembered: what is not here must not push out what is.
    const blob = await openBlob(root);
    const known = lists.get(root);
    if (known) return known;
    const list = hashInTurn(blob);
    lists.set(root, list);
    list.catch(() => {
      // By now another try may stand there.
      if (lists.get(root) === list) lists.delete(root);
    });
    const oldest = lists.keys().next().value;
    if (lists.size > LISTS_KEPT && oldest !== undefined) lists.delete(oldest);
    return list;
  }

  /**
   * One blob at a time: whoever asks for the lists of many must not set the whole disk and
   * processor to work.
   */
  function hashInTurn(blob: ByteSource): Promise<Uint8Array> {
    const hash = () => hashPieces(blob);
    const list = lastHashing.then(hash, hash);
    lastHashing = list;
    return list;
  }

  async function openBlob(root: string): Promise<ByteSource> {
    return openFile(blobPath(root), "blob-damaged");
  }

  async function openFile(
    path: string,
    code: "unknown-release" | "blob-damaged",
  ): Promise<ByteSource> {
    const source = await repository.open(path);
    if (source === undefined)
      throw new InfieldError(code, `${path} is not here`, "ask another neighbour");
    return source;
  }

  async function readPiece(root: string, index: number): Promise<Uint8Array> {
    const incoming = findIncoming(root);
    if (incoming?.has(index)) return incoming.read(index);
    const blob = await openBlob(root);
    if (index >= pieceCount(blob.size))
      throw new InfieldError("blob-damaged", "no such piece", "ask for another");
    const { offset, bytes } = pieceRange(blob.size, index);
    return blob.read(offset, bytes);
  }

  async function piecesHere(root: string): Promise<Uint8Array> {
    const incoming = findIncoming(root);
    if (incoming) return pieceBits(pieceCount(incoming.bytes), incoming.has);
    const blob = await repository.open(blobPath(root));
    return pieceBits(pieceCount(blob?.size ?? 0), () => true);
  }

  async function readFile(path: string): Promise<string> {
    const source = await openFile(path, "unknown-release");
    return new TextDecoder().decode(await source.read(0, source.size));
  }

  async function answer(request: Request): Promise<string | Uint8Array> {
    switch (request.type) {
      case "get-channel":
        return fileAnswer(request.id, await readFile(CHANNEL_FILE));
      case "get-release":
        return fileAnswer(request.id, await readFile(releasePath(request.version)));
      case "get-hashes": {
        const list = findIncoming(request.root)?.pieceList ?? (await pieceList(request.root));
        const start = request.from * HASH_BYTES;
        return bytesAnswer(request.id, list.subarray(start, start + PIECE_BYTES));
      }
      case "get-piece":
        return bytesAnswer(request.id, await readPiece(request.root, request.index));
      case "get-have":
        return bytesAnswer(request.id, await piecesHere(request.root));
      case "get-content": {
        const { sha256, offset } = request;
        const file = await contents?.open(sha256);
        if (file === undefined || offset > file.size)
          throw new InfieldError(
            "blob-damaged",
            `no sound file ${sha256} is here`,
            "ask another neighbour",
          );
        return bytesAnswer(
          request.id,
          await file.read(offset, Math.min(PIECE_BYTES, file.size - offset)),
        );
      }
    }
  }

  return async (request, wire) => {
    const frame = await answer(request).catch((error: unknown) => failedAnswer(request.id, error));
    await wire.send(frame).catch(() => wire.close());
  };
}

/**
 * The `failed` answer of any error: what Infield itself says, nothing of what the system below it
 * said.
 */
export function failedAnswer(id: number, error: unknown): string {
  const known =
    error instanceof InfieldError
      ? error
      : new InfieldError("internal", "something went wrong here", "try again");
  const answer: Answer = {
    type: "failed",
    id,
    code: known.code,
    message: known.message,
    hint: known.hint,
  };
  return JSON.stringify(answer);
}

function fileAnswer(id: number, text: string): string {
  const answer: Answer = { type: "file", id, text };
  return JSON.stringify(answer);
}

function bytesAnswer(id: number, bytes: Uint8Array): Uint8Array {
  const number = new Uint8Array(4);
  new DataView(number.buffer).setUint32(0, id);
  return concatBytes([number, bytes]);
}
