/**
 * What may be installed here at all. Asked before a byte is fetched, so that nobody waits for an
 * update that cannot be.
 */
import { freemem } from "node:os";
import {
  formatBytes,
  InfieldError,
  MAX_DECODER_BYTES,
  MAX_DECODER_SHARE,
  SMALL_DECODER_BYTES,
} from "@infield/shared/base";
import type { Channel, Release, ReleaseRecord, Step } from "@infield/shared/records";
import { checkRouteSpace } from "../store/prune/route-space.ts";
import type { Root } from "../store/root/root.ts";
import { readBeside } from "../store/snapshot/installed-release.ts";
import { checkXattrs } from "../tree/xattr-tools.ts";

/**
 * The release to go to. Throws `unknown-release`, `unknown-channel`, `release-too-old`,
 * `release-held`, `needs-system`.
 */
export function checkRelease(
  root: Root,
  channel: Channel,
  releases: readonly Release[],
  target: number,
): Release {
  const release = releases.find(({ record }) => record.version === target);
  if (release === undefined) throw unknownRelease(target);
  if (root.identity.channel !== channel.id || release.record.channel !== channel.id)
    throw unknownChannel();
  const { current, highest, held, holding } = root.state();
  if (target <= current || target < highest) throw tooOld(target, Math.max(current, highest));
  if (holding) throw onHold(current, root.path);
  if (held !== undefined && target <= held) throw releaseHeld(target, root.path);
  checkSystem(root, release.record);
  return release;
}

/**
 * The whole route, before its first byte is fetched. Throws `needs-system`, `needs-xattrs`,
 * `delta-memory`, `no-space`.
 */
export async function checkRoute(root: Root, route: readonly Step[]): Promise<void> {
  for (const { release, blob } of route) {
    checkSystem(root, release);
    checkMemory(release.version, blob.decoderBytes, freemem());
  }
  if (route.some(({ release }) => release.needsXattrs)) await checkXattrs(root.path);
  await checkRouteSpace(root, route, root.state().versions);
}

/**
 * Refuses, by `delta-memory`, a delta that takes `decoderBytes` on a laptop with `freeBytes` of
 * free memory. What level `default` takes is given always: a release made with it installs in every
 * classroom.
 */
export function checkMemory(version: number, decoderBytes: number, freeBytes: number): void {
  if (decoderBytes > MAX_DECODER_BYTES)
    throw tooMuchMemory(
      version,
      decoderBytes,
      `no more than ${formatBytes(MAX_DECODER_BYTES)} is given`,
    );
  if (decoderBytes > SMALL_DECODER_BYTES && decoderBytes > freeBytes * MAX_DECODER_SHARE)
    throw tooMuchMemory(version, decoderBytes, `${formatBytes(freeBytes)} is free here`);
}

/** The version a rollback leads to: `to`, or the one before. Throws `nothing-to-roll-back`. */
export function findWayBack(root: Root, to: number | undefined): number {
  const { current, previous, versions } = root.state();
  const target = to ?? previous;
  if (target === undefined)
    throw nothingToRollBack(
      "there is no earlier confirmed version to go back to",
      "nothing to do: this is the only confirmed version",
    );
  const installed = `\`infield status --root ${root.path}\` shows what is installed`;
  if (target === current) throw nothingToRollBack(`version ${target} is in use already`, installed);
  if (target > current)
    throw nothingToRollBack(
      `version ${target} is newer than version ${current}, which is in use`,
      installed,
    );
  if (!versions.includes(target))
    throw nothingToRollBack(`version ${target} is not installed any more`, installed);
  if (!root.record.confirmed.includes(target))
    throw nothingToRollBack(`version ${target} never passed its health check`, installed);
  return target;
}

/**
 * Throws `data-format` when the version in use keeps people's data in another format than `target`,
 * or when that cannot be told: its programs may not be able to read what was made since (rollback
 * at OLPC failed on a converted Journal).
 */
export async function checkDataFormat(root: Root, target: number): Promise<void> {
  const { current } = root.state();
  const [now, then] = [await readDataFormat(root, current), await readDataFormat(root, target)];
  if (now !== undefined && now === then) return;
  const reason =
    now === undefined || then === undefined
      ? `a record is damaged, so nobody knows if version ${target} can read what ${current} wrote`
      : `version ${target} (data format ${then}) may not read what ${current} (format ${now}) wrote`;
  throw new InfieldError(
    "data-format",
    reason,
    "keep a copy of what people made; then roll back anyway, on the page or with `infield rollback --force`",
  );
}

async function readDataFormat(root: Root, version: number): Promise<number | undefined> {
  const release = await readBeside(root, version);
  return release && (release.record.dataFormat ?? 0);
}

function nothingToRollBack(message: string, hint: string): InfieldError {
  return new InfieldError("nothing-to-roll-back", message, hint);
}

function checkSystem(root: Root, record: ReleaseRecord): void {
  if (!record.needsSystem || root.system) return;
  throw new InfieldError(
    "needs-system",
    `version ${record.version} holds setuid files, capabilities, other owners or what only root can read`,
    "start Infield as root with --system, if this tree is to be the system",
  );
}

function unknownRelease(target: number): InfieldError {
  return new InfieldError(
    "unknown-release",
    `there is no version ${target}`,
    "check which releases the repository has",
  );
}

function unknownChannel(): InfieldError {
  return new InfieldError(
    "unknown-channel",
    "the release is not of the channel this laptop follows",
    "use a repository of the channel that `infield status` names",
  );
}

function tooOld(target: number, seen: number): InfieldError {
  return new InfieldError(
    "release-too-old",
    `version ${target} is not newer than version ${seen}, which this laptop has or had`,
    "install a newer release; `infield rollback` goes back to the version before",
  );
}

function releaseHeld(target: number, path: string): InfieldError {
  return new InfieldError(
    "release-held",
    `this laptop was rolled back from version ${target}, and is held`,
    `install a newer release, or allow this one again: infield resume --root ${path}, or on the page`,
  );
}

function onHold(current: number, path: string): InfieldError {
  return new InfieldError(
    "release-held",
    current === 0 ? "this laptop is on hold" : `this laptop is on hold at version ${current}`,
    `allow newer releases again: infield resume --root ${path}, or on the page`,
  );
}

function tooMuchMemory(version: number, needBytes: number, limit: string): InfieldError {
  return new InfieldError(
    "delta-memory",
    `the delta to version ${version} needs ${formatBytes(needBytes)} of memory, and ${limit}`,
    "close programs and try again, or ask the volunteer for a delta of level default",
  );
}
