/**
 * The announcements that lie in release files: signed by themselves, not with the rest of the file,
 * so each is looked at before it is told.
 */
import { isSignedBy, readSummary } from "@infield/shared/announce";
import { equalBytes, fromBase64, InfieldError } from "@infield/shared/base";
import { type Channel, type ReleaseFile, readRelease, releaseHash } from "@infield/shared/records";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { Root } from "../store/root/root.ts";
import { STRAGGLER_GROUPS } from "./announcer.ts";

/**
 * What the announcement in a release file says; undefined unless a key of the channel signed it for
 * this very record.
 */
export function genuineSummary(file: ReleaseFile, channel: Channel) {
  const summary = readSummary(fromBase64(file.announcement) ?? new Uint8Array());
  const isGenuine =
    summary !== undefined &&
    equalBytes(summary.recordHash, releaseHash(file)) &&
    isSignedBy(summary.signed, channel);
  return isGenuine ? summary : undefined;
}

/**
 * The announcement of the newest urgent release up to `version`, as far as there may be laptops
 * that sleep below it and are told (docs/protocol.md, rules 2.8 and 2.16).
 */
export async function findUrgent(root: Root, keeper: ChannelKeeper, version: number) {
  for (let at = version; at >= Math.max(1, version - STRAGGLER_GROUPS); at--) {
    const summary = await readAnnouncement(root, keeper, at).catch(() => undefined);
    if (summary?.urgent) return summary;
  }
  return undefined;
}

/**
 * The announcement in a release file of ours, checked: a relayed one that nobody signed would make
 * us a nuisance. Undefined where there is none; throws `bad-signature`, and what `readRelease`
 * throws.
 */
export async function readAnnouncement(root: Root, keeper: ChannelKeeper, version: number) {
  const channel = keeper.current();
  if (channel === undefined || version === 0) return undefined;
  const { file } = await readRelease(root.repository, channel, version);
  if (file.announcement === "") return undefined;
  const summary = genuineSummary(file, channel);
  if (summary?.version === version) return summary;
  throw new InfieldError(
    "bad-signature",
    `the announcement of version ${version} is not signed, so this laptop does not tell of it`,
    "hand the release over again",
  );
}
