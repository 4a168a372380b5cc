/**
 * Imports a repository. It is verified like any repository before a byte of it is stored, and
 * against the newest channel record on either side: an old copy must not bring back what was signed
 * with a key removed since.
 */
import { equalBytes, InfieldError } from "@infield/shared/base";
import {
  type BlobRecord,
  blobPath,
  blobRoot,
  CHANNEL_FILE,
  type Channel,
  channelIdOf,
  damaged,
  extendChain,
  hashPieces,
  type Release,
  type RepositoryReader,
  readChannel,
  readReleases,
  releaseHash,
  releasePath,
} from "@infield/shared/records";
import { type ByteSource, blobSource } from "@infield/shared/tree";
import type { KeyValues } from "./key-values.ts";
import { jsonBlob, openRepository, writeFiles } from "./repository.ts";

/** Bytes copied at once. */
const COPY_BYTES = 8 << 20;

export interface Imported {
  readonly channel: Channel;
  /** How many releases were left out, as the channel no longer allows them. */
  readonly skipped: number;
}

/**
 * Imports a repository; `onProgress` gets the bytes of blobs copied and in total. Throws
 * `already-exists`, `blob-damaged`, AbortError, and what `readChannel` and `extendChain` throw;
 * then nothing is stored.
 */
export async function importRepository(
  signal: AbortSignal,
  offered: RepositoryReader,
  files: KeyValues<Blob>,
  onProgress: (done: number, total: number) => void,
): Promise<Imported> {
  const { chain: offeredChain } = await readChannel(offered);
  const id = channelIdOf(offeredChain);
  const kept = openRepository(files, id);
  const known = (await kept.open(CHANNEL_FILE)) && (await readChannel(kept, id));
  const { chain, channel } = extendChain(known?.chain ?? offeredChain, offeredChain, id);
  const [before, { releases, leftOut }] = [
    await readReleases(kept, channel),
    await readReleases(offered, channel),
  ];
  const added = new Map([[CHANNEL_FILE, jsonBlob(chain)]]);
  for (const release of releases) {
    checkSame(release, before.releases);
    added.set(releasePath(release.record.version), jsonBlob(release.file));
  }
  const blobs = releases.flatMap(({ record }) => record.blobs);
  for (const [path, blob] of await copyBlobs(signal, blobs, offered, kept, onProgress))
    added.set(path, blob);
  signal.throwIfAborted();
  await writeFiles(files, id, added);
  return { channel, skipped: leftOut.length };
}

/** One version is one release: laptops that took the first would never hear of the second. */
function checkSame({ file, record: { version } }: Release, kept: readonly Release[]): void {
  const before = kept.find(({ record }) => record.version === version);
  if (before === undefined || equalBytes(releaseHash(before.file), releaseHash(file))) return;
  throw new InfieldError(
    "already-exists",
    `this browser has a different version ${version} of this channel`,
    "find out which one laptops have, and continue from that one",
  );
}

/** A missing blob does no harm: laptops ask whoever has it. A wrong one is refused. */
async function copyBlobs(
  signal: AbortSignal,
  records: readonly BlobRecord[],
  offered: RepositoryReader,
  kept: RepositoryReader,
  onProgress: (done: number, total: number) => void,
): Promise<Map<string, Blob>> {
  const sources = new Map<string, { root: string; source: ByteSource }>();
  for (const { root, bytes } of records) {
    const path = blobPath(root);
    if ((await kept.open(path)) !== undefined) continue;
    const source = await offered.open(path);
    // Before a byte of it is unpacked.
    if (source && source.size !== bytes) throw damaged(`${path} is not the size its release says`);
    if (source) sources.set(path, { root, source });
  }
  const total = [...sources.values()].reduce((sum, { source }) => sum + source.size, 0);
  const copies = new Map<string, Blob>();
  let before = 0;
  for (const [path, { root, source }] of sources) {
    const blob = await copyToBlob(signal, source, (done) => onProgress(before + done, total));
    if (blobRoot(await hashPieces(blobSource(blob))) !== root) {
      throw damaged(`the content of ${path} does not match its name`);
    }
    copies.set(path, blob);
    before += source.size;
  }
  return copies;
}

async function copyToBlob(
  signal: AbortSignal,
  source: ByteSource,
  onProgress: (done: number) => void,
): Promise<Blob> {
  const parts: Blob[] = [];
  for (let at = 0; at < source.size; at += COPY_BYTES) {
    signal.throwIfAborted();
    const bytes = await source.read(at, Math.min(COPY_BYTES, source.size - at));
    parts.push(new Blob([new Uint8Array(bytes)]));
    onProgress(at + bytes.length);
  }
  return new Blob(parts);
}
