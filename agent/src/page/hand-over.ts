/**
 * Taking a release over from the page: its two signed texts are verified, then the page is asked
 * for the bytes.
 */
import { equalBytes, InfieldError, type Progress, trackProgress } from "@infield/shared/base";
import {
  type BlobRecord,
  type Channel,
  parseChain,
  parseReleaseFile,
  type ReleaseFile,
  type ReleaseRecord,
  readRelease,
  releaseHash,
  verifyChain,
  verifyRelease,
} from "@infield/shared/records";
import type { Asker } from "@infield/shared/transfer";
import { fetchBlob, pageSource } from "../fetch/fetch-blob.ts";
import { ignoreDamage } from "../host/io-error.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { Root, WritableRoot } from "../store/root/root.ts";
import type { Clock } from "../timing/clock.ts";

interface HandOver {
  readonly root: WritableRoot;
  readonly keeper: ChannelKeeper;
  readonly clock: Clock;
}

/**
 * Stores an offered release and all its blobs. A laptop that follows no channel yet follows this
 * one from now on: whoever holds the token owns the laptop. Throws what `verifyChain`,
 * `verifyRelease` and `fetchBlob` throw, and `already-exists` for a second, different release of a
 * version.
 */
export async function takeOver(
  { root, keeper, clock }: HandOver,
  offer: { channel: string; release: string },
  asker: Asker,
  onProgress: (progress: Progress) => void,
  signal: AbortSignal,
): Promise<void> {
  const chain = parseChain(offer.channel);
  const claimed = verifyChain(chain, root.identity.channel);
  const file = parseReleaseFile(offer.release);
  verifyRelease(file, claimed);
  await root.identity.pinChannel(claimed.id);
  const channel = await keeper.adopt(root, chain);
  const record = verifyRelease(file, channel);
  await refuseOther(root, channel, file, record);
  await fetchMissing({ root, clock }, record.blobs, asker, trackTotal(clock, onProgress), signal);
  await root.repository.writeRelease(file, record);
}

/** One version is one release: laptops that took the first would never hear of the second. */
async function refuseOther(
  root: Root,
  channel: Channel,
  file: ReleaseFile,
  { version }: ReleaseRecord,
): Promise<void> {
  const known = await readRelease(root.repository, channel, version).catch(ignoreDamage);
  if (known === undefined || equalBytes(releaseHash(known.file), releaseHash(file))) return;
  throw new InfieldError(
    "already-exists",
    `this machine has another version ${version} already`,
    "give the new release a higher number",
  );
}

async function fetchMissing(
  { root, clock }: Pick<HandOver, "root" | "clock">,
  blobs: readonly BlobRecord[],
  asker: Asker,
  tell: (total: number) => (done: number) => void,
  signal: AbortSignal,
): Promise<void> {
  const missing: BlobRecord[] = [];
  for (const blob of blobs)
    if (!(await root.repository.hasBlob(blob.root, blob.bytes))) missing.push(blob);
  const show = tell(missing.reduce((total, blob) => total + blob.bytes, 0));
  let before = 0;
  for (const blob of missing) {
    const onProgress = (done: number) => show(before + done);
    await fetchBlob(blob, { root, clock, source: pageSource(asker), onProgress, signal });
    before += blob.bytes;
  }
}

function trackTotal(clock: Clock, onProgress: (progress: Progress) => void) {
  return (total: number) => {
    const track = trackProgress(total, clock.now);
    return (done: number) => onProgress(track(done));
  };
}
