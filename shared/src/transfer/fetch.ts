/** Fetching: a channel, a release, a blob, from somebody nobody has to trust. */
import { InfieldError } from "../base/errors.ts";
import { MAX_FILE_BYTES, PIECE_BYTES } from "../base/limits.ts";
import { checkPieceList, damaged, HASH_BYTES, pieceCount } from "../records/blob.ts";
import { type Chain, type Channel, parseChain, verifyChain } from "../records/channel.ts";
import {
  type BlobRecord,
  parseReleaseFile,
  type Release,
  verifyRelease,
} from "../records/release.ts";
import type { Asker } from "./ask/ask.ts";
import { HASHES_PER_ANSWER } from "./messages/requests.ts";

/** The verified channel of a neighbour; its id must be the pinned one. */
export async function fetchChannel(
  asker: Asker,
  pinnedId: string,
  signal?: AbortSignal,
): Promise<{ chain: Chain; channel: Channel }> {
  const chain = parseChain(await asker.askText({ type: "get-channel" }, signal));
  return { chain, channel: verifyChain(chain, pinnedId) };
}

/** A verified release of a neighbour. */
export async function fetchRelease(
  asker: Asker,
  channel: Channel,
  version: number,
  signal?: AbortSignal,
): Promise<Release> {
  const file = parseReleaseFile(await asker.askText({ type: "get-release", version }, signal));
  const record = verifyRelease(file, channel);
  if (record.version !== version) {
    throw new InfieldError(
      "peer-failed",
      `the neighbour sent version ${record.version} in place of ${version}`,
      "ask another neighbour",
    );
  }
  return { file, record };
}

/** The list of a blob's piece hashes, checked against the signed root. */
export async function fetchPieceList(
  asker: Asker,
  blob: BlobRecord,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const list = new Uint8Array(pieceCount(blob.bytes) * HASH_BYTES);
  for (let from = 0; from * HASH_BYTES < list.length; from += HASHES_PER_ANSWER) {
    const part = await asker.askBytes({ type: "get-hashes", root: blob.root, from }, signal);
    const expected = Math.min(HASHES_PER_ANSWER * HASH_BYTES, list.length - from * HASH_BYTES);
    if (part.length !== expected)
      throw damaged("the neighbour's list of pieces has the wrong length");
    list.set(part, from * HASH_BYTES);
  }
  checkPieceList(list, blob.root, blob.bytes);
  return list;
}

/**
 * The bytes of what has this hash at the neighbour, in order. Nothing says that they are right:
 * whoever takes them hashes them. Throws `peer-failed` when the neighbour does not have it,
 * AbortError.
 */
export async function* fetchContent(
  asker: Asker,
  sha256: string,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array> {
  for (let offset = 0; offset <= MAX_FILE_BYTES; ) {
    const bytes = await asker.askBytes({ type: "get-content", sha256, offset }, signal);
    if (bytes.length > 0) yield bytes;
    if (bytes.length < PIECE_BYTES) return;
    offset += bytes.length;
  }
}
