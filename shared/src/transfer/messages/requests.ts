/**
 * Requests and their answers. Either side of a connection may ask; the other answers with a `file`,
 * a `delta`, `done`, `failed`, or a binary frame.
 */
import * as v from "valibot";
import {
  MAX_BLOB_BYTES,
  MAX_CHAIN_BYTES,
  MAX_FILE_BYTES,
  MAX_RECORD_BYTES,
  PIECE_BYTES,
} from "../../base/limits.ts";
import { HASH_BYTES } from "../../records/blob.ts";
import { Count, Hex32 } from "../../records/parse.ts";
import { BlobRecordSchema } from "../../records/release.ts";
import { Code, RequestId, Sentence, Version } from "./fields.ts";

/** Piece hashes in one answer: 2,048, so that it is no larger than a piece. */
export const HASHES_PER_ANSWER = PIECE_BYTES / HASH_BYTES;

export const PieceIndex = Count(0, MAX_BLOB_BYTES / PIECE_BYTES);

export const GetChannel = v.object({ type: v.literal("get-channel"), id: RequestId });
export const GetRelease = v.object({
  type: v.literal("get-release"),
  id: RequestId,
  version: Version,
});
/** Piece hashes of a blob, `HASHES_PER_ANSWER` of them beginning at `from`. */
export const GetHashes = v.object({
  type: v.literal("get-hashes"),
  id: RequestId,
  root: Hex32,
  from: PieceIndex,
});
export const GetPiece = v.object({
  type: v.literal("get-piece"),
  id: RequestId,
  root: Hex32,
  index: PieceIndex,
});
/**
 * Which pieces of a blob are there: a bit a piece, and no bytes when nothing is there yet. Whoever
 * asked is told by `have` of those that come later.
 */
export const GetHave = v.object({ type: v.literal("get-have"), id: RequestId, root: Hex32 });
/**
 * The bytes from `offset` on, at most a piece, of an installed file that has this hash or of an
 * installed version's manifest that has this tree id; no bytes at the end.
 */
export const GetContent = v.object({
  type: v.literal("get-content"),
  id: RequestId,
  sha256: Hex32,
  offset: Count(0, MAX_FILE_BYTES),
});
export const RequestSchema = v.variant("type", [
  GetChannel,
  GetRelease,
  GetHashes,
  GetPiece,
  GetHave,
  GetContent,
]);
export type Request = v.InferOutput<typeof RequestSchema>;

/**
 * Asks for a delta that no release record names, as it was made later. Answered by `delta`, or by
 * `failed`: `delta-pending` while it is being made, `no-path` when it will not be.
 */
export const GetDelta = v.object({
  type: v.literal("get-delta"),
  id: RequestId,
  from: Version,
  to: Version,
});
export type GetDelta = v.InferOutput<typeof GetDelta>;

export const FileAnswer = v.object({
  type: v.literal("file"),
  id: RequestId,
  text: v.pipe(v.string(), v.maxLength(Math.max(MAX_CHAIN_BYTES, MAX_RECORD_BYTES * 3))),
});
export const FailedAnswer = v.object({
  type: v.literal("failed"),
  id: RequestId,
  code: Code,
  message: Sentence,
  hint: Sentence,
});
/**
 * A delta as a release record would name it, but unsigned: nothing in it is believed until it has
 * been checked.
 */
export const DeltaAnswer = v.object({
  type: v.literal("delta"),
  id: RequestId,
  delta: BlobRecordSchema,
});
/** What was asked for is done (`offer`: everything has arrived and is stored). */
export const Done = v.object({ type: v.literal("done"), id: RequestId });
export const AnswerSchema = v.variant("type", [FileAnswer, DeltaAnswer, FailedAnswer, Done]);
export type Answer = v.InferOutput<typeof AnswerSchema>;
