/**
 * Before a byte is written: what of the target travelled, what the base has, and whether it may be
 * made here at all.
 */
import { InfieldError } from "@infield/shared/base";
import {
  carriedNumber,
  findUnchanged,
  parseSkeleton,
  type Skeleton,
  type UnchangedFile,
} from "@infield/shared/delta";
import {
  type DirEntry,
  describeSystemNeeds,
  type FileEntry,
  filesOf,
  type HardLinkEntry,
  type LinkEntry,
  type Manifest,
  needsSystem,
} from "@infield/shared/tree";
import type { OpenDelta } from "@infield/wasm/codec";
import { type DiskSpace, diskBytes } from "../../host/disk-space.ts";
import { damagedDelta } from "../codec-failure.ts";

export interface ApplyPlan {
  readonly skeleton: Skeleton;
  /** Files of the base, as spans number them. */
  readonly baseFiles: readonly FileEntry[];
  readonly directories: readonly DirEntry[];
  readonly links: readonly LinkEntry[];
  readonly hardLinks: readonly HardLinkEntry[];
  /** Files whose bytes the base has. */
  readonly unchanged: readonly UnchangedFile[];
  /** Files with the bytes of the carried file `number`. */
  readonly repeated: readonly { readonly target: FileEntry; readonly number: number }[];
  readonly totalBytes: number;
}

/** Throws `delta-damaged`, `manifest-invalid`, `path-invalid`, `limit-exceeded`, `needs-system`. */
export function planApply(base: Manifest, delta: OpenDelta, system: boolean): ApplyPlan {
  const skeleton = parseSkeleton(delta.readSkeleton());
  if (!system && needsSystem(skeleton.manifest)) throw systemNeeded(skeleton.manifest);
  checkCarriedBytes(skeleton, delta);
  const { entries } = skeleton.manifest;
  const files = filesOf(skeleton.manifest);
  return {
    skeleton,
    baseFiles: filesOf(base),
    directories: entries.filter((entry) => entry.kind === "dir"),
    links: entries.filter((entry) => entry.kind === "link"),
    hardLinks: entries.filter((entry) => entry.kind === "hard-link"),
    unchanged: pairUnchanged(base, files),
    repeated: files.flatMap((target) => {
      const number = carriedNumber(target);
      return number === undefined ? [] : [{ target, number }];
    }),
    totalBytes: files.reduce((total, file) => total + file.size, 0),
  };
}

/**
 * Bytes and inodes the tree will take. Hard links take neither; where they turn out impossible, the
 * disk says so.
 */
export function spaceOf(plan: ApplyPlan, share: "link" | "copy", blockBytes: number): DiskSpace {
  const shared = plan.unchanged
    .filter(({ mayLink }) => share === "copy" || !mayLink)
    .map(({ target }) => target.size);
  const written = [...plan.skeleton.carried, ...plan.repeated.map(({ target }) => target)].map(
    (file) => file.size,
  );
  const own = plan.directories.length + plan.links.length;
  return {
    bytes: diskBytes([...written, ...shared], blockBytes) + own * blockBytes,
    entries: written.length + shared.length + own,
  };
}

function pairUnchanged(base: Manifest, files: readonly FileEntry[]): UnchangedFile[] {
  const targets = files.filter((file) => file.sha256.length === 64);
  return findUnchanged(filesOf(base), targets).map(({ target, old, mayLink }) => {
    if (old?.size !== target.size) throw damagedDelta("it names a file its base does not have");
    return { target, old, mayLink };
  });
}

function checkCarriedBytes(skeleton: Skeleton, delta: OpenDelta): void {
  const carried = skeleton.carried.reduce((total, file) => total + file.size, 0);
  const travelled = delta.groups.reduce((total, group) => total + group.targetBytes, 0);
  if (carried !== travelled) throw damagedDelta("its files and its groups differ in size");
}

function systemNeeded(manifest: Manifest): InfieldError {
  return new InfieldError(
    "needs-system",
    `the tree holds what only root can install: ${describeSystemNeeds(manifest)}`,
    "start Infield as root with --system, if this tree is to be the system",
  );
}
