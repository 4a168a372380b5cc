/**
 * A first install that fails leaves nothing behind. The channel is pinned before the update, which
 * takes nothing from a channel that is not the root's; a root that stayed pinned would refuse every
 * other repository for the sake of one that did not work.
 */
import { readdir, rmdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { removeTree } from "../../host/durable.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { readIdentity } from "../../store/root/identity.ts";
import { layoutOf } from "../../store/root/layout.ts";
import type { WritableRoot } from "../../store/root/root.ts";

/** What was there before a root was opened. */
type Before = "nothing" | "folder" | "unpinned" | "pinned";

/** Throws `record-invalid`, `io-failed`. */
export async function lookBefore(path: string): Promise<Before> {
  const identity = await readIdentity(layoutOf(path).identityFile);
  if (identity) return identity.channel === undefined ? "unpinned" : "pinned";
  return (await isThere(path)) ? "folder" : "nothing";
}

async function isThere(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === "ENOENT") return false;
    throw toIoError(error, `look at ${JSON.stringify(path)}`);
  }
}

/**
 * Puts back what was there, unless something is installed or the channel was not this run's choice.
 */
export async function undoFirstInstall(root: WritableRoot, before: Before): Promise<void> {
  if (before === "pinned" || root.state().current !== 0) return;
  const kept = before === "unpinned" ? "identity.json" : undefined;
  if (kept !== undefined) await root.identity.unpinChannel();
  for (const name of await readdir(root.path))
    if (name !== kept) await removeTree(join(root.path, name));
  if (before === "nothing") await rmdir(root.path);
}
