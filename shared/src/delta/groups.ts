/**
 * Groups: which stretches of the base are matched against which stretches of the carried files. A
 * group is solid, so that renamed, split and similar files find each other; its size bounds the
 * memory of the worker that codes it.
 *
 * Carried files are cut into groups in their order: few, since each coder has to learn anew; an
 * even number of about the same size, since workers that wait for others are of no use. A group's
 * base is its files' partners (groups-partners.ts), then what changed or went away near them in
 * path order.
 */
import { FULL_GROUP_BYTES, PLANNED_GROUP_BYTES } from "../base/limits.ts";
import type { FileEntry } from "../tree/entry.ts";
import { filesOf } from "../tree/manifest.ts";
import { comparePaths } from "../tree/path.ts";
import type { SourceTree } from "../tree/source.ts";
import { findPartners, type Partners } from "./groups-partners.ts";

/** A stretch of one file: of the base's files, or of the carried ones, by index. */
export interface Span {
  readonly file: number;
  readonly offset: number;
  readonly bytes: number;
}
export interface GroupPlan {
  readonly base: readonly Span[];
  readonly target: readonly Span[];
}
export interface PlanOptions {
  /** Bytes of each side of a group. */
  readonly groupBytes?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Plans the groups for the carried files of `target`. Every byte of them is in exactly one group,
 * in order. Reads some files, to see which are alike. Throws `unreadable-file`, AbortError.
 */
export async function planGroups(
  base: SourceTree,
  target: SourceTree,
  carried: readonly FileEntry[],
  { groupBytes: givenBytes, signal }: PlanOptions = {},
): Promise<GroupPlan[]> {
  const baseFiles = filesOf(base.manifest);
  const planned = baseFiles.length === 0 ? FULL_GROUP_BYTES : PLANNED_GROUP_BYTES;
  const groupBytes = givenBytes ?? planned;
  const partners = await findPartners(
    { tree: base, files: baseFiles },
    { tree: target, files: carried },
    signal,
  );
  const targets = cutTargets(carried, groupBytes);
  const neighbours = findNeighbours(baseFiles, filesOf(target.manifest), carried, targets);
  return targets.map((spans, group) => ({
    base: chooseBase(spans, partners, neighbours[group] ?? [], { carried, baseFiles, groupBytes }),
    target: spans,
  }));
}

/**
 * The carried files in groups of about the same size. Only a file larger than a group is cut, and
 * its parts are alone.
 */
function cutTargets(carried: readonly FileEntry[], groupBytes: number): Span[][] {
  const total = carried.reduce((sum, file) => sum + file.size, 0);
  const goal = total / countGroups(total, groupBytes);
  const groups: Span[][] = [];
  let current: Span[] = [];
  let bytes = 0;
  const close = () => {
    if (current.length > 0) groups.push(current);
    [current, bytes] = [[], 0];
  };
  carried.forEach(({ size }, file) => {
    if (size === 0) return;
    if (bytes + size > groupBytes || bytes >= goal) close();
    if (size > groupBytes) groups.push(...cutFile(file, size, groupBytes).map((part) => [part]));
    else {
      current.push({ file, offset: 0, bytes: size });
      bytes += size;
    }
  });
  close();
  return groups;
}

/**
 * As few as the bound allows, but not an odd number: every machine has two workers, and one of them
 * would have none to do at the end.
 */
function countGroups(total: number, groupBytes: number): number {
  const least = Math.max(1, Math.ceil(total / groupBytes));
  return least > 1 && least % 2 === 1 ? least + 1 : least;
}

/** Parts of three quarters of a group: the base of each reaches further to both sides. */
function cutFile(file: number, size: number, groupBytes: number): Span[] {
  const count = Math.ceil(size / Math.max(1, Math.floor((groupBytes * 3) / 4)));
  const border = (part: number) => Math.floor((size * part) / count);
  return Array.from({ length: count }, (_, part) => ({
    file,
    offset: border(part),
    bytes: border(part + 1) - border(part),
  }));
}

/**
 * Base files that changed or went away, each with the group whose carried files are next to it in
 * path order.
 */
function findNeighbours(
  baseFiles: readonly FileEntry[],
  targetFiles: readonly FileEntry[],
  carried: readonly FileEntry[],
  groups: readonly (readonly Span[])[],
): number[][] {
  const kept = new Map(targetFiles.map((file) => [file.path, file.sha256]));
  const last = groups.map((spans) => carried[spans[spans.length - 1]?.file ?? 0]?.path ?? "");
  const neighbours = groups.map((): number[] => []);
  let group = 0;
  baseFiles.forEach(({ path, sha256 }, file) => {
    while (group + 1 < last.length && comparePaths(path, last[group] ?? "") > 0) group++;
    if (kept.get(path) !== sha256) neighbours[group]?.push(file);
  });
  return neighbours;
}

interface Trees {
  readonly carried: readonly FileEntry[];
  readonly baseFiles: readonly FileEntry[];
  readonly groupBytes: number;
}

/**
 * Bytes of partners that a base has at most, in groups: an old version may be larger than the new
 * one, and a file whose partner was cut off is new to its last byte.
 */
const PARTNER_GROUPS = 2;

/**
 * Best partners first, then second-best ones, then neighbours, while there is room; in the order of
 * the base.
 */
function chooseBase(
  spans: readonly Span[],
  partners: readonly Partners[],
  neighbours: readonly number[],
  { carried, baseFiles, groupBytes }: Trees,
): Span[] {
  const chosen = new Map<number, Span>();
  let room = PARTNER_GROUPS * groupBytes;
  const add = (file: number, part?: Span) => {
    const size = baseFiles[file]?.size ?? 0;
    const span = part
      ? spanAround(part, carried[part.file]?.size ?? 0, { file, size }, groupBytes)
      : { file, offset: 0, bytes: size };
    const bytes = Math.min(span.bytes, room);
    if (bytes <= 0 || chosen.has(file)) return;
    room -= bytes;
    chosen.set(file, { ...span, bytes });
  };
  for (const rank of [0, 1, 2, 3, 4]) {
    for (const span of spans) {
      const file = partners[span.file]?.[rank];
      if (file !== undefined) add(file, span);
    }
  }
  room -= (PARTNER_GROUPS - 1) * groupBytes;
  const isWhole = spans.every((span) => span.bytes === carried[span.file]?.size);
  if (isWhole) for (const file of neighbours) add(file);
  return [...chosen.values()].sort((a, b) => a.file - b.file);
}

/**
 * What a part of a file is matched against: the base file around the same place, as insertions move
 * it; for a whole file all of it.
 */
function spanAround(
  part: Span,
  partOf: number,
  base: { file: number; size: number },
  groupBytes: number,
): Span {
  if (part.bytes === partOf) return { file: base.file, offset: 0, bytes: base.size };
  const overlap = Math.floor(groupBytes / 8);
  const place = (at: number) => Math.floor((base.size * at) / partOf);
  const start = Math.max(0, place(part.offset) - overlap);
  const end = Math.min(base.size, place(part.offset + part.bytes) + overlap);
  return { file: base.file, offset: start, bytes: end - start };
}
