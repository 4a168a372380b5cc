/** The channels of this browser: each a repository with its verified releases, and the key to go on with if it is here. */
import {
  CHANNEL_FILE,
  type Channel,
  createChain,
  createSigningKey,
  type ReleaseFile,
  type ReleaseRecord,
  readChannel,
  readRelease,
  type SigningKey,
  verifyChain,
} from "@infield/shared";
import { type KeyValues, openKeyValues } from "./key-values.ts";
import { findKey, keepKey } from "./keys.ts";
import {
  type BrowserRepository,
  jsonBlob,
  listChannelIds,
  openRepository,
  writeFiles,
} from "./repository.ts";

/** Both stores of the page. Keys are apart, so that nothing that copies repositories can take one along. */
export interface Storage {
  readonly files: KeyValues<Blob>;
  readonly keys: KeyValues<string>;
}

export interface KeptRelease {
  readonly file: ReleaseFile;
  readonly record: ReleaseRecord;
}
export interface KeptChannel {
  readonly channel: Channel;
  readonly repository: BrowserRepository;
  /** By version, oldest first. */
  readonly releases: readonly KeptRelease[];
  /** Missing when the repository came from elsewhere and its key did not. */
  readonly key?: SigningKey;
}

export function openStorage(): Storage {
  return { files: openKeyValues("infield-repositories"), keys: openKeyValues("infield-keys") };
}

/** All channels, by name. */
export async function listChannels(storage: Storage): Promise<KeptChannel[]> {
  const ids = await listChannelIds(storage.files);
  const channels = await Promise.all(ids.map((id) => openChannel(storage, id)));
  return channels.sort((a, b) => a.channel.name.localeCompare(b.channel.name));
}

export async function openChannel(storage: Storage, id: string): Promise<KeptChannel> {
  const repository = openRepository(storage.files, id);
  const { channel } = await readChannel(repository, id);
  const versions = (await repository.versions()).sort((a, b) => a - b);
  const releases = await Promise.all(versions.map((version) => readRelease(repository, channel, version)));
  const key = await findKey(storage.keys, channel);
  return { channel, repository, releases, ...(key && { key }) };
}

/** Starts a channel with a key of its own, which is kept before anything is signed with it. Returns the channel's id. */
export async function startChannel(storage: Storage, name: string): Promise<string> {
  const key = createSigningKey();
  const chain = createChain(name, key);
  const { id } = verifyChain(chain);
  await keepKey(storage.keys, key);
  await writeFiles(storage.files, id, new Map([[CHANNEL_FILE, jsonBlob(chain)]]));
  return id;
}
