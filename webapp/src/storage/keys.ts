/**
 * Channel keys, kept by their id in the form of the command line's key file: what is saved is what
 * is kept.
 */
import {
  type Channel,
  formatKeyFile,
  parseKeyFile,
  type SigningKey,
} from "@infield/shared/records";
import type { KeyValues } from "./key-values.ts";

/** Beside a key: that it is in a file too, so that whoever deletes it can be told what is lost. */
const savedName = (keyId: string) => `${keyId}.saved`;

export async function storeKey(keys: KeyValues<string>, key: SigningKey): Promise<void> {
  await keys.setMany([[key.publicKey.id, formatKeyFile(key)]]);
}

/** A key of this browser that may release on the channel, or undefined. */
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

/** Remembers that the key was saved to a file, or came from one. */
export async function markKeySaved(keys: KeyValues<string>, key: SigningKey): Promise<void> {
  await keys.setMany([[savedName(key.publicKey.id), "yes"]]);
}

export async function isKeySaved(keys: KeyValues<string>, key: SigningKey): Promise<boolean> {
  return (await keys.get(savedName(key.publicKey.id))) !== undefined;
}

export async function deleteKeys(keys: KeyValues<string>, ids: readonly string[]): Promise<void> {
  await keys.deleteMany(ids.flatMap((id) => [id, savedName(id)]));
}
