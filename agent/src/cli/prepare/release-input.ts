/** What a release is made with besides trees: the key and the notes. */
import { readFile } from "node:fs/promises";
import { InfieldError, MAX_NOTES_CHARS } from "@infield/shared/base";
import { type Channel, parseKeyFile, type SigningKey } from "@infield/shared/records";
import { unreadableFile } from "../../host/file-source.ts";
import { checkInputFile } from "../parse/input-file.ts";

/**
 * The key in a file, if the channel lets it release. Throws `key-invalid`, `bad-signature`,
 * `unreadable-file`.
 */
export async function readReleaseKey(path: string, channel: Channel): Promise<SigningKey> {
  const key = parseKeyFile(await readText(path));
  if (channel.release.keys.some(({ id }) => id === key.publicKey.id)) return key;
  throw new InfieldError(
    "bad-signature",
    `the key ${key.publicKey.id} may not release in the channel ${JSON.stringify(channel.name)}`,
    "use the key file that was made with this channel",
  );
}

/**
 * Notes by language: of the environment's LANG, as that is what a person at this keyboard writes.
 * `@FILE` reads a file. Throws `limit-exceeded`, `unreadable-file`.
 */
export async function readNotes(
  notes: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Record<string, string>> {
  if (notes === undefined) return {};
  const text = (notes.startsWith("@") ? await readText(notes.slice(1)) : notes).trim();
  if (text.length <= MAX_NOTES_CHARS) return { [languageOf(environment)]: text };
  throw new InfieldError(
    "limit-exceeded",
    `the notes have ${text.length} characters, more than ${MAX_NOTES_CHARS}`,
    "write shorter notes",
  );
}

/**
 * `km_KH.UTF-8` is "km"; no locale, and the locales of programs (`C`, `POSIX`), are "en"
 * (locale(7), setlocale(3)).
 */
export function languageOf(environment: NodeJS.ProcessEnv): string {
  const locale = environment.LC_ALL || environment.LC_MESSAGES || environment.LANG || "";
  return /^([a-z]{2,3})(?:[_.@-]|$)/.exec(locale)?.[1] ?? "en";
}

async function readText(path: string): Promise<string> {
  await checkInputFile(path);
  return readFile(path, "utf8").catch((cause: unknown) => {
    throw unreadableFile(path, cause);
  });
}
