/**
 * The channels of this browser: each a repository with its verified releases and, if it is here,
 * the key to sign more.
 */
import {
  CHANNEL_FILE,
  type Channel,
  createChain,
  createSigningKey,
  latestVersion,
  type Release,
  readChannel,
  readReleases,
  type SigningKey,
  verifyChain,
} from "@infield/shared/records";
import { type KeyValues, openKeyValues } from "./key-values.ts";
import { deleteKeys, findKey, isKeySaved, storeKey } from "./keys.ts";
import {
  type BrowserRepository,
  deleteFiles,
  jsonBlob,
  listChannelIds,
  openRepository,
  writeFiles,
} from "./repository.ts";

/**
 * Both stores of the page. Keys are kept apart, so that nothing that copies repositories can take a
 * key along.
 */
export interface PageStorage {
  readonly files: KeyValues<Blob>;
  readonly keys: KeyValues<string>;
}

export interface StoredChannel {
  readonly channel: Channel;
  readonly repository: BrowserRepository;
  /** Those that the channel allows, oldest first. */
  readonly releases: readonly Release[];
  /** The highest version that was ever here, allowed or not; 0 for none. */
  readonly latest: number;
  /** Missing when the repository was imported and its key was not. */
  readonly key?: SigningKey;
  /** As far as this browser knows, the key is also in a file. */
  readonly keySaved: boolean;
}
/** A channel whose records do not verify. */
export interface BrokenChannel {
  readonly id: string;
  /** What opening it threw. */
  readonly error: unknown;
}
export interface Channels {
  /** By name. */
  readonly kept: readonly StoredChannel[];
  readonly broken: readonly BrokenChannel[];
}

export function openStorage(): PageStorage {
  return { files: openKeyValues("infield-repositories"), keys: openKeyValues("infield-keys") };
}

/**
 * All channels, those that cannot be opened listed apart. Throws `io-failed` when nothing can be
 * read.
 */
export async function listChannels(storage: PageStorage): Promise<Channels> {
  const kept: StoredChannel[] = [];
  const broken: BrokenChannel[] = [];
  for (const id of await listChannelIds(storage.files)) {
    try {
      kept.push(await openChannel(storage, id));
    } catch (error) {
      broken.push({ id, error });
    }
  }
  return { kept: kept.sort((a, b) => a.channel.name.localeCompare(b.channel.name)), broken };
}

/** Throws what `readChannel` throws. */
export async function openChannel(storage: PageStorage, id: string): Promise<StoredChannel> {
  const repository = openRepository(storage.files, id);
  const { channel } = await readChannel(repository, id);
  const { releases } = await readReleases(repository, channel);
  const latest = await latestVersion(repository);
  const key = await findKey(storage.keys, channel);
  const keySaved = key !== undefined && (await isKeySaved(storage.keys, key));
  return { channel, repository, releases, latest, ...(key && { key }), keySaved };
}

/**
 * Starts a channel with a new key, which is stored before anything is signed with it. Returns the
 * channel's id.
 */
export async function createChannel(storage: PageStorage, name: string): Promise<string> {
  const key = createSigningKey();
  const chain = createChain(name, key);
  const { id } = verifyChain(chain);
  await storeKey(storage.keys, key);
  await writeFiles(storage.files, id, new Map([[CHANNEL_FILE, jsonBlob(chain)]]));
  return id;
}

/**
 * Deletes a channel from this browser, and its keys unless another channel here uses them. A broken
 * channel does not say which keys are its own, so they stay.
 */
export async function deleteChannel(storage: PageStorage, id: string): Promise<void> {
  const { kept } = await listChannels(storage);
  const keysOf = (channels: readonly StoredChannel[]) =>
    channels.flatMap(({ channel }) => channel.release.keys.map((key) => key.id));
  const needed = new Set(keysOf(kept.filter(({ channel }) => channel.id !== id)));
  const own = keysOf(kept.filter(({ channel }) => channel.id === id));
  await deleteFiles(storage.files, id);
  await deleteKeys(
    storage.keys,
    own.filter((key) => !needed.has(key)),
  );
}
