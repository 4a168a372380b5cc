/**
 * Repositories in this browser, one for each channel: the same files as in a folder
 * (`channel.json`, `releases/<n>.json`, `blobs/<root>`), each a Blob under `<channel id>/<path>`.
 * So they are read, verified and copied like any other.
 */
import { CHANNEL_FILE, type RepositoryReader, releaseVersion } from "@infield/shared/records";
import { blobSource } from "@infield/shared/tree";
import type { KeyValues } from "./key-values.ts";

/** A repository whose files can also be listed, for export. */
export interface BrowserRepository extends RepositoryReader {
  /** A file as the Blob that is stored. */
  blob(path: string): Promise<Blob | undefined>;
  /** Paths of all files, sorted. */
  paths(): Promise<string[]>;
}

export function openRepository(files: KeyValues<Blob>, channelId: string): BrowserRepository {
  const prefix = `${channelId}/`;
  const blob = (path: string) => files.get(prefix + path);
  const paths = async () =>
    (await files.keys())
      .filter((key) => key.startsWith(prefix))
      .map((key) => key.slice(prefix.length))
      .sort();
  return {
    blob,
    paths,
    async open(path) {
      const found = await blob(path);
      return found && blobSource(found);
    },
    async versions() {
      return (await paths()).flatMap((path) => releaseVersion(path) ?? []);
    },
  };
}

/**
 * Adds files to a channel's repository, all or none, so that no reload finds a release without its
 * blobs.
 */
export function writeFiles(
  files: KeyValues<Blob>,
  channelId: string,
  added: ReadonlyMap<string, Blob>,
): Promise<void> {
  return files.setMany([...added].map(([path, blob]) => [`${channelId}/${path}`, blob]));
}

/**
 * Adds releases and their blobs, all or none. False, and nothing changed, where another tab has
 * made one of these versions meanwhile.
 */
export function addReleases(
  files: KeyValues<Blob>,
  channelId: string,
  added: ReadonlyMap<string, Blob>,
): Promise<boolean> {
  const releases = [...added.keys()].filter((path) => releaseVersion(path) !== undefined);
  return files.setManyUnless(
    releases.map((path) => `${channelId}/${path}`),
    [...added].map(([path, blob]) => [`${channelId}/${path}`, blob]),
  );
}

/** Removes all files of a channel's repository. */
export async function deleteFiles(files: KeyValues<Blob>, channelId: string): Promise<void> {
  const paths = await openRepository(files, channelId).paths();
  await files.deleteMany(paths.map((path) => `${channelId}/${path}`));
}

/** Ids of the channels this browser keeps. */
export async function listChannelIds(files: KeyValues<Blob>): Promise<string[]> {
  const suffix = `/${CHANNEL_FILE}`;
  return (await files.keys())
    .filter((key) => key.endsWith(suffix))
    .map((key) => key.slice(0, -suffix.length));
}

/** JSON as it is stored in a repository. */
export function jsonBlob(value: unknown): Blob {
  return new Blob([JSON.stringify(value)], { type: "application/json" });
}
