/**
 * The answering side of a transfer: files, piece hashes and pieces of a repository, for whoever
 * asks.
 */
import { concatBytes } from "../../base/bytes.ts";
import { InfieldError } from "../../base/errors.ts";
import { PIECE_BYTES } from "../../base/limits.ts";
import { HASH_BYTES, pieceCount, pieceRange } from "../../records/blob.ts";
import {
  blobPath,
  CHANNEL_FILE,
  type RepositoryReader,
  releasePath,
} from "../../records/repository.ts";
import type { ByteSource } from "../../tree/source.ts";
import { pieceBits } from "../messages/piece-bits.ts";
import type { Answer, Request } from "../messages/requests.ts";
import type { Wire } from "../messages/wire.ts";
import { PieceLists } from "./piece-lists.ts";

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

/** Answers one request; never throws. */
export type Serve = (request: Request, wire: Wire) => Promise<void>;

/**
 * Answers requests from a repository, from what is on its way there, and from what is installed.
 * Whatever goes wrong is the answer.
 */
export function createServer(
  repository: RepositoryReader,
  contents?: ContentReader,
  findIncoming: FindIncoming = () => undefined,
): Serve {
  const stock = { repository, contents, findIncoming, lists: new PieceLists() };
  return async (request, wire) => {
    const frame = await answer(stock, request).catch((error: unknown) =>
      failedAnswer(request.id, error),
    );
    await wire.send(frame).catch(() => wire.close());
  };
}

/** Everything that there is to answer from. */
interface Stock {
  readonly repository: RepositoryReader;
  readonly contents: ContentReader | undefined;
  readonly findIncoming: FindIncoming;
  readonly lists: PieceLists;
}

async function answer(stock: Stock, request: Request): Promise<string | Uint8Array> {
  const { id } = request;
  switch (request.type) {
    case "get-channel":
      return fileAnswer(id, await readText(stock, CHANNEL_FILE));
    case "get-release":
      return fileAnswer(id, await readText(stock, releasePath(request.version)));
    case "get-hashes":
      return bytesAnswer(id, await readHashes(stock, request.root, request.from));
    case "get-piece":
      return bytesAnswer(id, await readPiece(stock, request.root, request.index));
    case "get-have":
      return bytesAnswer(id, await piecesHere(stock, request.root));
    case "get-content":
      return bytesAnswer(id, await readContent(stock, request.sha256, request.offset));
  }
}

async function readText(stock: Stock, path: string): Promise<string> {
  const source = await openFile(stock, path, "unknown-release");
  return new TextDecoder().decode(await source.read(0, source.size));
}

async function readHashes(stock: Stock, root: string, from: number): Promise<Uint8Array> {
  const start = from * HASH_BYTES;
  const list = stock.findIncoming(root)?.pieceList ?? (await pieceListOf(stock, root));
  return list.subarray(start, start + PIECE_BYTES);
}

async function pieceListOf(stock: Stock, root: string): Promise<Uint8Array> {
  // Opened first: what is not here must not push a list out that is.
  return stock.lists.of(root, await openBlob(stock, root));
}

async function readPiece(stock: Stock, root: string, index: number): Promise<Uint8Array> {
  const incoming = stock.findIncoming(root);
  if (incoming?.has(index)) return incoming.read(index);
  const blob = await openBlob(stock, root);
  if (index >= pieceCount(blob.size))
    throw new InfieldError("blob-damaged", "no such piece", "ask for another");
  const { offset, bytes } = pieceRange(blob.size, index);
  return blob.read(offset, bytes);
}

async function piecesHere({ repository, findIncoming }: Stock, root: string): Promise<Uint8Array> {
  const incoming = findIncoming(root);
  if (incoming) return pieceBits(pieceCount(incoming.bytes), incoming.has);
  const blob = await repository.open(blobPath(root));
  return pieceBits(pieceCount(blob?.size ?? 0), () => true);
}

async function readContent(
  { contents }: Stock,
  sha256: string,
  offset: number,
): Promise<Uint8Array> {
  const file = await contents?.open(sha256);
  if (file === undefined || offset > file.size)
    throw new InfieldError(
      "blob-damaged",
      `no sound file ${sha256} is here`,
      "ask another neighbour",
    );
  return file.read(offset, Math.min(PIECE_BYTES, file.size - offset));
}

function openBlob(stock: Stock, root: string): Promise<ByteSource> {
  return openFile(stock, blobPath(root), "blob-damaged");
}

async function openFile(
  { repository }: Stock,
  path: string,
  code: "unknown-release" | "blob-damaged",
): Promise<ByteSource> {
  const source = await repository.open(path);
  if (source === undefined)
    throw new InfieldError(code, `${path} is not here`, "ask another neighbour");
  return source;
}

/**
 * The `failed` answer of any error: what Infield says, nothing of what the system below it said.
 */
export function failedAnswer(id: number, error: unknown): string {
  const { code, message, hint } =
    error instanceof InfieldError
      ? error
      : new InfieldError("internal", "something went wrong here", "try again");
  const answer: Answer = { type: "failed", id, code, message, hint };
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
