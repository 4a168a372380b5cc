/**
 * Partners: which files of the base a carried file probably shares bytes with. Paths tell it for
 * most files, and cost nothing. For the others content is sketched: what was renamed beyond
 * recognition, moved, split, merged, or vendored a second time.
 */
import type { FileEntry } from "../tree/entry.ts";
import type { SourceTree } from "../tree/source.ts";
import { SAMPLE_DISTANCE, sketchFile } from "./groups-sketch.ts";

/** A tree with those of its files that are looked at, which indexes speak of. */
export interface TreeFiles {
  readonly tree: SourceTree;
  readonly files: readonly FileEntry[];
}
/** Files of the base by index, the best first. */
export type Partners = readonly number[];
/** The samples that a lone file shares with each of some base files. */
type Shared = Map<number, number[]>;

/** Bytes of one file that are sketched: more takes long and tells little more. */
const SKETCHED_BYTES = 16 << 20;
/**
 * Bytes of the base that are read for sketches: as a multiple of the bytes that could be saved, and
 * at most.
 */
const READ_PER_BYTE = 64;
const MOST_READ_BYTES = 256 << 20;
/** Samples that two files must share: a licence text has as many. */
const LEAST_SHARED = 8;
/** Partners that a file can have by its content: it was merged from so many. */
const MOST_PARTNERS = 4;
/** A sample that more lone files have tells nothing, and would take long to count. */
const MOST_HOLDERS = 32;

/**
 * For each carried file its partners. Reads content only where paths tell nothing. Throws
 * `unreadable-file`, AbortError.
 */
export async function findPartners(
  base: TreeFiles,
  carried: TreeFiles,
  signal?: AbortSignal,
): Promise<Partners[]> {
  const partners = pairByPath(base.files, carried.files);
  // A full install would sketch all of its tree, gigabytes, to compare it with nothing.
  if (base.files.length === 0) return partners;
  const lone = sketchable(
    [...carried.files.keys()].filter((index) => isLone(index, partners, base, carried)),
    carried,
  );
  const holders = await findHolders(lone, carried, signal);
  const shared = await compareSketches(
    chooseCandidates(base, lone, carried),
    base,
    holders,
    signal,
  );
  for (const [index, files] of shared) {
    partners[index] = [...new Set([...(partners[index] ?? []), ...pickPartners(files)])];
  }
  return partners;
}

/**
 * The base file at the same path; where there is none, the only one whose path differs in nothing
 * but numbers.
 */
function pairByPath(baseFiles: readonly FileEntry[], carried: readonly FileEntry[]): Partners[] {
  const byPath = new Map(baseFiles.map(({ path }, index) => [path, index]));
  const kept = new Set(carried.map(({ path }) => path));
  const renamed = new Map<string, number | undefined>();
  baseFiles.forEach(({ path }, index) => {
    const key = withoutNumbers(path);
    if (!kept.has(path)) renamed.set(key, renamed.has(key) ? undefined : index);
  });
  return carried.map(({ path }) => {
    const partner = byPath.get(path) ?? renamed.get(withoutNumbers(path));
    return partner === undefined ? [] : [partner];
  });
}

/** Versions are numbers in names. */
function withoutNumbers(path: string): string {
  return path.replace(/\d+/g, "0");
}

/** True for a file that its path gives no partner, or one too small to explain most of it. */
function isLone(
  index: number,
  partners: readonly Partners[],
  base: TreeFiles,
  carried: TreeFiles,
): boolean {
  const size = carried.files[index]?.size ?? 0;
  const partner = base.files[partners[index]?.[0] ?? -1];
  return size >= LEAST_SHARED * SAMPLE_DISTANCE && (partner?.size ?? 0) < size / 4;
}

/** As many of the lone files as may be sketched: their samples are all in memory at a time. */
function sketchable(lone: readonly number[], carried: TreeFiles): number[] {
  let left = MOST_READ_BYTES;
  return lone.filter((index) => {
    const bytes = Math.min(carried.files[index]?.size ?? 0, SKETCHED_BYTES);
    if (bytes > left) return false;
    left -= bytes;
    return true;
  });
}

/** For each sample the lone files that have it. */
async function findHolders(lone: readonly number[], carried: TreeFiles, signal?: AbortSignal) {
  const holders = new Map<number, number[]>();
  for (const index of lone) {
    for (const sample of await sketch(carried, index, signal)) {
      const known = holders.get(sample);
      if (known === undefined) holders.set(sample, [index]);
      else if (known.length < MOST_HOLDERS) known.push(index);
    }
  }
  return holders;
}

async function sketch({ tree, files }: TreeFiles, index: number, signal?: AbortSignal) {
  return sketchFile(tree.open(files[index]?.path ?? ""), SKETCHED_BYTES, signal);
}

/**
 * The base files worth a look, as many as may be read: those with a lone file's name first, then
 * those of its kind.
 */
function chooseCandidates(base: TreeFiles, lone: readonly number[], carried: TreeFiles): number[] {
  const loneFiles = lone.flatMap((index) => carried.files[index] ?? []);
  const names = new Set(loneFiles.map(({ path }) => nameOf(path)));
  const kinds = new Set(loneFiles.map(({ path }) => kindOf(path)));
  const rank = ({ path }: FileEntry) =>
    names.has(nameOf(path)) ? 0 : kinds.has(kindOf(path)) ? 1 : 2;
  const ranks = base.files.map(rank);
  const byRank = [...base.files.keys()].sort((a, b) => (ranks[a] ?? 0) - (ranks[b] ?? 0) || a - b);
  let room = Math.min(
    MOST_READ_BYTES,
    READ_PER_BYTE * loneFiles.reduce((sum, file) => sum + file.size, 0),
  );
  return byRank.filter((index) => {
    const bytes = Math.min(base.files[index]?.size ?? 0, SKETCHED_BYTES);
    const fits = bytes >= LEAST_SHARED * SAMPLE_DISTANCE && bytes <= room;
    if (fits) room -= bytes;
    return fits;
  });
}

function nameOf(path: string): string {
  return withoutNumbers(path.slice(path.lastIndexOf("/") + 1));
}

/** The name's ending, or all of it where there is none. */
function kindOf(path: string): string {
  const name = nameOf(path);
  return name.slice(Math.max(0, name.lastIndexOf(".")));
}

/**
 * What each lone file shares with each candidate. One sketch of the base is in memory at a time.
 */
async function compareSketches(
  candidates: readonly number[],
  base: TreeFiles,
  holders: ReadonlyMap<number, readonly number[]>,
  signal?: AbortSignal,
): Promise<Map<number, Shared>> {
  const shared = new Map<number, Shared>();
  for (const candidate of candidates) {
    for (const sample of await sketch(base, candidate, signal)) {
      for (const index of holders.get(sample) ?? []) {
        const files = shared.get(index) ?? new Map<number, number[]>();
        const samples = files.get(candidate) ?? [];
        samples.push(sample);
        shared.set(index, files.set(candidate, samples));
      }
    }
  }
  return shared;
}

/** The file that shares most, then the one that shares most of what is left, and so on. */
function pickPartners(files: Shared): number[] {
  const picked: number[] = [];
  const covered = new Set<number>();
  while (picked.length < MOST_PARTNERS) {
    let [best, most] = [-1, LEAST_SHARED - 1];
    for (const [file, samples] of files) {
      const fresh = samples.filter((sample) => !covered.has(sample)).length;
      if (fresh > most) [best, most] = [file, fresh];
    }
    if (best < 0) break;
    picked.push(best);
    for (const sample of files.get(best) ?? []) covered.add(sample);
  }
  return picked;
}
