/** Channel keys, kept by their id in the form of the command line's key file: what is saved is what is kept. */
import { type Channel, formatKeyFile, parseKeyFile, type SigningKey } from "@infield/shared";
import type { KeyValues } from "./key-values.ts";

export async function keepKey(keys: KeyValues<string>, key: SigningKey): Promise<void> {
  await keys.setMany([[key.publicKey.id, formatKeyFile(key)]]);
}

/** A key of this browser that may release on the channel, or undefined. */
export async function findKey(keys: KeyValues<string>, channel: Channel): Promise<SigningKey | undefined> {
  for (const { id } of channel.release.keys) {
    const text = await keys.get(id);
    if (text !== undefined) return parseKeyFile(text);
  }
  return undefined;
}
