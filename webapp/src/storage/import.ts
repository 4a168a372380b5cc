/**
 * A repository into this browser. It was opened as a tree, with all the checks of one, and is verified like any repository
 * before a byte of it is kept: nothing in it has to be trusted.
 */
import {
  type BlobRecord,
  type ByteSource,
  blobPath,
  blobRoot,
  blobSource,
  CHANNEL_FILE,
  type Chain,
  type Channel,
  damaged,
  equalBytes,
  filesOf,
  hashPieces,
  InfieldError,
  type RepositoryReader,
  readChannel,
  readRelease,
  releaseHash,
  releasePath,
  type SourceTree,
} from "@infield/shared";
import type { KeyValues } from "./key-values.ts";
import { jsonBlob, openRepository, versionsAmong, writeFiles } from "./repository.ts";

/** Bytes copied at once. */
const COPY_BYTES = 8 << 20;

/** Where an import comes from, where it goes, and what it will add when all of it was found good. */
interface Import {
  readonly offered: RepositoryReader;
  readonly kept: RepositoryReader;
  readonly added: Map<string, Blob>;
}

/** Takes over a repository. Returns its channel. Throws `already-exists`, `blob-damaged`, and what verifying it throws. */
export async function importRepository(
  signal: AbortSignal,
  tree: SourceTree,
  files: KeyValues<Blob>,
): Promise<Channel> {
  const offered = readTreeAsRepository(tree);
  const { chain, channel } = await readChannel(offered);
  const work = { offered, kept: openRepository(files, channel.id), added: new Map<string, Blob>() };
  if (await isNewerChain(chain, work.kept)) work.added.set(CHANNEL_FILE, jsonBlob(chain));
  for (const version of await offered.versions()) {
    signal.throwIfAborted();
    await addRelease(work, channel, version);
  }
  await writeFiles(files, channel.id, work.added);
  return channel;
}

/** A chain only ever grows: the longer of two verified ones of a channel is the newer one. */
async function isNewerChain(chain: Chain, kept: RepositoryReader): Promise<boolean> {
  if ((await kept.open(CHANNEL_FILE)) === undefined) return true;
  return chain.chain.length > (await readChannel(kept)).chain.chain.length;
}

async function addRelease(work: Import, channel: Channel, version: number): Promise<void> {
  const { file, record } = await readRelease(work.offered, channel, version);
  if ((await work.kept.open(releasePath(version))) === undefined) {
    work.added.set(releasePath(version), jsonBlob(file));
  } else {
    const before = await readRelease(work.kept, channel, version);
    if (!equalBytes(releaseHash(before.file), releaseHash(file))) throw twoReleases(version);
  }
  for (const blob of record.blobs) await addBlob(work, blob);
}

/** A blob that is missing is no harm: laptops ask whoever has it. One that is wrong is refused. */
async function addBlob({ offered, kept, added }: Import, record: BlobRecord): Promise<void> {
  const path = blobPath(record.root);
  const source = await offered.open(path);
  if (source === undefined || (await kept.open(path)) !== undefined) return;
  if (source.size !== record.bytes) throw damaged(`${path} does not have the size its release says`);
  const blob = await copyToBlob(source);
  if (blobRoot(await hashPieces(blobSource(blob))) !== record.root) {
    throw damaged(`${path} does not have the bytes its name says`);
  }
  added.set(path, blob);
}

async function copyToBlob(source: ByteSource): Promise<Blob> {
  const parts: Blob[] = [];
  for (let at = 0; at < source.size; at += COPY_BYTES) {
    const bytes = await source.read(at, Math.min(COPY_BYTES, source.size - at));
    parts.push(new Blob([new Uint8Array(bytes)]));
  }
  return new Blob(parts);
}

/** A repository packed by hand may have its folder's name in front of every path. */
function readTreeAsRepository(tree: SourceTree): RepositoryReader {
  const all = filesOf(tree.manifest).map((file) => file.path);
  const chain = all.find((path) => path === CHANNEL_FILE || /^[^/]+\/channel\.json$/.test(path));
  const prefix = (chain ?? CHANNEL_FILE).slice(0, -CHANNEL_FILE.length);
  const paths = all.filter((path) => path.startsWith(prefix)).map((path) => path.slice(prefix.length));
  const known = new Set(paths);
  return {
    open: async (path) => (known.has(path) ? tree.open(prefix + path) : undefined),
    versions: async () => versionsAmong(paths),
  };
}

function twoReleases(version: number): InfieldError {
  return new InfieldError(
    "already-exists",
    `this browser keeps another release ${version} of the channel`,
    "find out which of the two the laptops have, and go on from that one",
  );
}
