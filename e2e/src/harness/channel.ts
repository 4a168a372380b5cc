/** A channel, as a volunteer makes one on the command line. */
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { infield } from "./infield.ts";

/** What `infield release create` says. */
export interface Release {
  readonly version: number;
  readonly blobs: readonly Blob[];
}
export interface Blob {
  /** The version that it leads from; 0 for a full install. */
  readonly from: number;
  readonly bytes: number;
  readonly root: string;
}

export interface Channel {
  /** 64 hex digits. */
  readonly id: string;
  readonly repository: string;
  readonly key: string;
  /** Signs a tree as the next release. */
  release(tree: string, ...options: readonly string[]): Promise<Release>;
}

/** Makes `FOLDER/repository` and `FOLDER/channel.key`. */
export async function createChannel(folder: string, name: string): Promise<Channel> {
  const [repository, key] = [join(folder, "repository"), join(folder, "channel.key")];
  mkdirSync(folder, { recursive: true });
  const place = ["-d", repository, "--key", key];
  const { channel } = await infield<{ channel: string }>("channel", "create", name, ...place);
  return {
    id: channel,
    repository,
    key,
    release: (tree, ...options) =>
      infield<Release>("release", "create", ...place, "--tree", tree, ...options),
  };
}

export interface TwoReleases extends Channel {
  /** The repository as it was before the second release. */
  readonly first: string;
}

/** A channel with two releases, the second as a delta from the first. */
export async function createTwoReleases(
  folder: string,
  name: string,
  trees: { readonly old: string; readonly next: string },
  ...options: readonly string[]
): Promise<TwoReleases> {
  const channel = await createChannel(folder, name);
  await channel.release(trees.old, ...options);
  const first = join(folder, "first");
  cpSync(channel.repository, first, { recursive: true });
  await channel.release(trees.next, "--from", trees.old, ...options);
  return { ...channel, first };
}
