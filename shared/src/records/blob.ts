/**
 * Blobs: bytes named by their content, checked piece by piece, so that they can be fetched from
 * anybody in any order.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import { equalBytes, toHex } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { PIECE_BYTES } from "../base/limits.ts";
import type { ByteSource } from "../tree/source.ts";

export const HASH_BYTES = 32;

export function pieceCount(blobBytes: number): number {
  return Math.ceil(blobBytes / PIECE_BYTES);
}

/** Where piece `index` of a blob lies. */
export function pieceRange(blobBytes: number, index: number): { offset: number; bytes: number } {
  const offset = index * PIECE_BYTES;
  return { offset, bytes: Math.min(PIECE_BYTES, blobBytes - offset) };
}

/** The list of a blob's piece hashes, 32 bytes each, one after another. */
export async function hashPieces(blob: ByteSource): Promise<Uint8Array> {
  const count = pieceCount(blob.size);
  const list = new Uint8Array(count * HASH_BYTES);
  for (let index = 0; index < count; index++) {
    const { offset, bytes } = pieceRange(blob.size, index);
    list.set(sha256(await blob.read(offset, bytes)), index * HASH_BYTES);
  }
  return list;
}

/** A blob's name: SHA-256 of its piece list, as 64 hex digits. */
export function blobRoot(pieceList: Uint8Array): string {
  return toHex(sha256(pieceList));
}

/** Throws `blob-damaged` when a list is not the one of the blob `root` of `blobBytes` bytes. */
export function checkPieceList(pieceList: Uint8Array, root: string, blobBytes: number): void {
  if (pieceList.length !== pieceCount(blobBytes) * HASH_BYTES || blobRoot(pieceList) !== root) {
    throw damaged(`the list of pieces of blob ${root.slice(0, 12)}… is wrong`);
  }
}

/** True when `bytes` are piece `index` of the list. */
export function isPiece(pieceList: Uint8Array, index: number, bytes: Uint8Array): boolean {
  return equalBytes(
    sha256(bytes),
    pieceList.subarray(index * HASH_BYTES, (index + 1) * HASH_BYTES),
  );
}

export function damaged(message: string): InfieldError {
  return new InfieldError(
    "blob-damaged",
    message,
    "fetch it from another neighbour or copy the repository again",
  );
}
