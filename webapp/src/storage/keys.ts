/**
 * Channel keys, stored under their ids as the text of a key file, the same that is saved to a file.
 */
import {
  type Channel,
  formatKeyFile,
  parseKeyFile,
  type SigningKey,
} from "@infield/shared/records";
import type { KeyValues } from "./key-values.ts";

/** Remembers that a key is also in a file, so that whoever deletes it can be told what is lost. */
const savedName = (keyId: string) => `${keyId}.saved`;

export async function storeKey(keys: KeyValues<string>, key: SigningKey): Promise<void> {
  await keys.setMany([[key.publicKey.id, formatKeyFile(key)]]);
}

/** A key in this browser that may sign the channel's releases, or undefined. */
export async function findKey(
  keys: KeyValues<string>,
  channel: Channel,
): Promise<SigningKey | undefined> {
  for (const { id } of channel.release.keys) {
    const text = await keys.get(id);
    if (text !== undefined) return parseKeyFile(text);
  }
  return undefined;
}

/** Notes that the key was saved to a file, or came from one. */
export async function markKeySaved(keys: KeyValues<string>, key: SigningKey): Promise<void> {
  await keys.setMany([[savedName(key.publicKey.id), "yes"]]);
}

export async function isKeySaved(keys: KeyValues<string>, key: SigningKey): Promise<boolean> {
  return (await keys.get(savedName(key.publicKey.id))) !== undefined;
}

export async function deleteKeys(keys: KeyValues<string>, ids: readonly string[]): Promise<void> {
  await keys.deleteMany(ids.flatMap((id) => [id, savedName(id)]));
}
