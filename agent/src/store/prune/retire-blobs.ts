/**
 * Which blobs stay: those that a release names, of the repository or of an installed version, and
 * deltas made later to what is in use. The others were fetched on the way through a chain of
 * deltas, or for a release that never came to be, and only take space.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { Hex32, parseRecord, parseReleaseFile, releasePath } from "@infield/shared/records";
import * as v from "valibot";
import { debug } from "../../host/debug.ts";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import type { Store, WritableRoot } from "../root/root.ts";
import { readMade } from "../snapshot/made-deltas.ts";

const log = debug("store");

/**
 * Of a release record, all that matters here. It was verified when it was stored; keys and floor
 * may have moved on since.
 */
const NamedBlobsSchema = v.object({ blobs: v.array(v.object({ root: Hex32 })) });

/**
 * Removes the blobs, whole or in part, that nothing names any more, and none at all while there is
 * a release that cannot be read: it may name any of them. No blob may be on its way in meanwhile.
 * Throws `io-failed`.
 */
export async function retireBlobs(root: WritableRoot): Promise<void> {
  const { repository, incoming } = layoutOf(root.path);
  const all = { releases: await root.repository.versions(), versions: root.state().versions };
  const named = await findNamedBlobs(root, all).catch(() => undefined);
  if (named === undefined) return log("no blobs are removed: a release cannot be read");
  // A straggler asks for what leads to the version in use; it is told of no other.
  for (const { to, blob } of await readMade(root))
    if (to >= root.state().current) named.add(blob.root);
  await removeOthers(join(repository, "blobs"), named);
  await removeOthers(incoming, new Set([...named].map((blob) => `${blob}.part`)));
}

/**
 * Names of the blobs of these releases of the repository and installed versions. Throws when one of
 * them cannot be read.
 */
export async function findNamedBlobs(
  { path }: Pick<Store, "path">,
  {
    releases,
    versions,
  }: { readonly releases: readonly number[]; readonly versions: readonly number[] },
): Promise<Set<string>> {
  const layout = layoutOf(path);
  const stored = releases.map((version) => join(layout.repository, releasePath(version)));
  const installed = versions.map((version) => snapshotOf(layout, version).release);
  const named = new Set<string>();
  for (const file of [...stored, ...installed]) {
    const { release } = parseReleaseFile(await readFile(file, "utf8"));
    const { blobs } = parseRecord(NamedBlobsSchema, release.body, file);
    for (const blob of blobs) named.add(blob.root);
  }
  return named;
}

async function removeOthers(folder: string, kept: ReadonlySet<string>): Promise<void> {
  try {
    for (const name of await readdir(folder)) {
      if (kept.has(name)) continue;
      log("blob %s is removed", name);
      await rm(join(folder, name), { force: true });
    }
  } catch (error) {
    if (errorCode(error) !== "ENOENT") throw toIoError(error, `clear ${JSON.stringify(folder)}`);
  }
}
