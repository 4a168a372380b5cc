/**
 * Groups: which stretches of the base are matched against which stretches of the carried files. A group is solid, so that
 * renamed, split and similar files find each other; its size bounds the memory of the worker that codes it.
 *
 * One pass in path order over both sides at once: what was at a path, and what replaced a removed neighbour, meet in one
 * group. A file larger than a group is cut, and each part sees the base around its own place.
 */
import { GROUP_BYTES } from "../limits.ts";
import { type FileEntry, filesOf, type Manifest } from "../tree/manifest.ts";
import { comparePaths } from "../tree/path.ts";

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
interface Item {
  readonly path: string;
  readonly base?: { readonly file: number; readonly size: number };
  readonly target?: { readonly file: number; readonly size: number };
}

/** Plans the groups for the carried files of `target`. Every byte of them is in exactly one group, in order. */
export function planGroups(
  base: Manifest,
  target: Manifest,
  carried: readonly FileEntry[],
  groupBytes: number = GROUP_BYTES,
): GroupPlan[] {
  const groups: { base: Span[]; target: Span[] }[] = [];
  let current: { base: Span[]; target: Span[] } = { base: [], target: [] };
  let room = { base: groupBytes, target: groupBytes };
  for (const part of listItems(base, target, carried).flatMap((item) => cutItem(item, groupBytes))) {
    const need = { base: part.base?.bytes ?? 0, target: part.target?.bytes ?? 0 };
    if (need.base > room.base || need.target > room.target) {
      groups.push(current);
      current = { base: [], target: [] };
      room = { base: groupBytes, target: groupBytes };
    }
    if (part.base) current.base.push(part.base);
    if (part.target && part.target.bytes > 0) current.target.push(part.target);
    room = { base: room.base - need.base, target: room.target - need.target };
  }
  groups.push(current);
  return groups.filter((group) => group.target.length > 0);
}

/** Carried files and the base files that changed or went away, paired by path, in path order. */
function listItems(base: Manifest, target: Manifest, carried: readonly FileEntry[]): Item[] {
  const kept = new Map(filesOf(target).map((file) => [file.path, file.sha256]));
  const items = new Map<string, Item>();
  filesOf(base).forEach(({ path, size, sha256 }, file) => {
    if (kept.get(path) !== sha256) items.set(path, { path, base: { file, size } });
  });
  carried.forEach(({ path, size }, file) => {
    items.set(path, { ...items.get(path), path, target: { file, size } });
  });
  return [...items.values()].sort((a, b) => comparePaths(a.path, b.path));
}

/**
 * Cuts what is larger than a group into parts of three quarters of one. The base of each part reaches an eighth of a group to
 * both sides, as what was inserted or removed before it moves it.
 */
function cutItem({ base, target }: Item, groupBytes: number): { base?: Span; target?: Span }[] {
  const largest = Math.max(base?.size ?? 0, target?.size ?? 0);
  const count = largest <= groupBytes ? 1 : Math.ceil(largest / Math.floor((groupBytes * 3) / 4));
  const overlap = count === 1 ? 0 : Math.floor(groupBytes / 8);
  return Array.from({ length: count }, (_, part) => ({
    ...(base && { base: cutSpan(base, part, count, overlap) }),
    ...(target && { target: cutSpan(target, part, count, 0) }),
  }));
}

function cutSpan(of: { file: number; size: number }, part: number, count: number, overlap: number): Span {
  const start = Math.max(0, Math.floor((of.size * part) / count) - overlap);
  const end = Math.min(of.size, Math.floor((of.size * (part + 1)) / count) + overlap);
  return { file: of.file, offset: start, bytes: end - start };
}
