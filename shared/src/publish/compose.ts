/** Making a release: what a volunteer's key puts its name to. */

import { signAnnouncement } from "../announce/packet.ts";
import { toBase64, utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_RECORD_BYTES } from "../base/limits.ts";
import type { Channel } from "../records/channel.ts";
import { signEnvelope } from "../records/envelope.ts";
import type { SigningKey } from "../records/keys.ts";
import {
  type BlobRecord,
  type ReleaseFile,
  type ReleaseRecord,
  releaseHash,
  verifyRelease,
} from "../records/release.ts";
import { type Manifest, needsXattrs, treeBytes, treeFormat, treeId } from "../tree/manifest.ts";
import { needsSystem } from "../tree/system-needs.ts";

export interface NewRelease {
  readonly version: number;
  readonly tree: Manifest;
  readonly blobs: readonly BlobRecord[];
  readonly urgent: boolean;
  /** By language (BCP 47). */
  readonly notes: Readonly<Record<string, string>>;
  readonly date: Date;
  readonly health?: ReleaseRecord["health"];
  readonly dataFormat?: number;
}

/**
 * Signs a release and its announcement. Throws `bad-signature` when the channel does not let this
 * key release.
 */
export function composeRelease(
  channel: Channel,
  key: SigningKey,
  release: NewRelease,
): ReleaseFile {
  if (release.health) checkHealth(release.tree, release.health.path);
  const record: ReleaseRecord = {
    infield: "release 1",
    channel: channel.id,
    version: release.version,
    tree: treeId(release.tree),
    treeBytes: treeBytes(release.tree),
    entries: release.tree.entries.length,
    ...(treeFormat(release.tree) === 2 && { treeFormat: 2 as const }),
    needsSystem: needsSystem(release.tree),
    ...(needsXattrs(release.tree) && { needsXattrs: true as const }),
    urgent: release.urgent,
    date: release.date.toISOString(),
    notes: { ...release.notes },
    ...(release.health && { health: release.health }),
    ...(release.dataFormat !== undefined && { dataFormat: release.dataFormat }),
    blobs: [...release.blobs],
  };
  const body = JSON.stringify(record);
  if (utf8(body).length > MAX_RECORD_BYTES) {
    throw new InfieldError(
      "limit-exceeded",
      `the release record is over ${MAX_RECORD_BYTES} bytes`,
      "write shorter notes",
    );
  }
  const envelope = signEnvelope("release", body, [key]);
  const unannounced = { release: envelope, announcement: "" };
  const summary = {
    channel: channel.id.slice(0, 16),
    version: release.version,
    urgent: release.urgent,
    recordHash: releaseHash(unannounced),
    recordBytes: utf8(body).length,
  };
  const file = { release: envelope, announcement: toBase64(signAnnouncement(summary, key)) };
  verifyRelease(file, channel);
  return file;
}

/** For whoever wants to know before deltas are made. Throws `usage`. */
export function checkHealth(tree: Manifest, path: string): void {
  const entry = tree.entries.find((candidate) => candidate.path === path);
  if (entry?.kind !== "file" || (entry.mode & 0o111) === 0) {
    throw new InfieldError(
      "usage",
      `the health check ${JSON.stringify(path)} is not an executable file of the tree`,
      "write it as in the tree (bin/check) and make it executable",
    );
  }
}
