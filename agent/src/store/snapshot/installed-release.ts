/**
 * Which signed release an installed version is: from beside its tree, from the repository, or from
 * another repository at hand.
 */
import { readFile } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import {
  type Channel,
  parseReleaseFile,
  type Release,
  type RepositoryReader,
  readRelease,
  readStoredRecord,
  verifyRelease,
} from "@infield/shared/records";
import { errorCode } from "../../host/file-source.ts";
import { ignoreDamage, toIoError } from "../../host/io-error.ts";
import { layoutOf, snapshotOf } from "../root/layout.ts";
import type { Store } from "../root/root.ts";

/**
 * The release of an installed version. One that verifies comes before one that does not: keys and
 * floor move on, and what was verified when it was installed stays what it was. `intact`: it is the
 * one that lies beside the tree. Throws `io-failed`.
 */
export async function expectedRelease(
  store: Store,
  channel: Channel | undefined,
  version: number,
  source?: RepositoryReader,
): Promise<(Release & { readonly intact: boolean }) | undefined> {
  const beside = await readBeside(store, version);
  if (channel !== undefined) {
    if (beside && isVerified(beside, channel)) return { ...beside, intact: true };
    for (const repository of [store.repository, ...(source ? [source] : [])]) {
      const found = await readRelease(repository, channel, version).catch(ignoreDamage);
      if (found) return { ...found, intact: false };
    }
  }
  return beside && { ...beside, intact: true };
}

/**
 * The record beside an installed tree, as it was stored; undefined when it is damaged or gone.
 * Throws `io-failed`.
 */
export async function readBeside(
  { path }: Pick<Store, "path">,
  version: number,
): Promise<Release | undefined> {
  const { release } = snapshotOf(layoutOf(path), version);
  try {
    const file = parseReleaseFile(await readFile(release, "utf8"));
    const record = readStoredRecord(file);
    return record.version === version ? { file, record } : undefined;
  } catch (error) {
    if (errorCode(error) === "ENOENT" || error instanceof InfieldError) return undefined;
    throw toIoError(error, `read ${JSON.stringify(release)}`);
  }
}

function isVerified({ file }: Release, channel: Channel): boolean {
  try {
    verifyRelease(file, channel);
    return true;
  } catch {
    return false;
  }
}
