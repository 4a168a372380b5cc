/**
 * From a list of what was found in a folder or archive to a tree: last mention of a path wins,
 * missing parents are added, every rule of the manifest is checked before the first byte is read,
 * then every file is hashed.
 */
import { toHex } from "../../base/bytes.ts";
import { forEachConcurrently } from "../../base/concurrently.ts";
import { InfieldError } from "../../base/errors.ts";
import { MAX_ENTRIES } from "../../base/limits.ts";
import type { Attributes, Entry } from "../entry.ts";
import { createManifest } from "../manifest.ts";
import { comparePaths, invalidPathReason } from "../path.ts";
import { type ByteSource, readInto } from "../source.ts";
import {
  type ExcludeChoice,
  Excluder,
  IGNORE_FILE,
  readIgnoreFile,
  SYSTEM_SIGNS,
} from "./exclude.ts";
import type { InputTree } from "./input-tree.ts";
import { type Misfit, refuseMisfits } from "./misfit.ts";
import { HEAD_BYTES, isProgram } from "./program.ts";

/** An incremental SHA-256: node:crypto's in the agent, the codec's WebAssembly in the page. */
export interface Sha256 {
  update(bytes: Uint8Array): void;
  /** 32 bytes. */
  digest(): Uint8Array;
  /** Gives back memory that no garbage collector sees. */
  free?(): void;
}

interface Found extends Attributes {
  readonly path: string;
}
export interface FoundDir extends Found {
  readonly kind: "dir";
  readonly mode: number;
}
export interface FoundFile extends Found {
  readonly kind: "file";
  readonly mode: number;
  readonly source: ByteSource;
  /** Files of the same one are names of one file (hard links). Left out: it has no other name. */
  readonly inode?: string;
  /** The input says nothing of its mode: whether it is a program is told by its first bytes. */
  readonly isModeless?: true;
}
export interface FoundLink extends Found {
  readonly kind: "link";
  readonly target: string;
}
export interface FoundMisfit extends Misfit {
  readonly kind: "misfit";
}
/**
 * What a folder or archive says of one path: an `Entry` whose bytes nobody has read yet, or what
 * cannot be one.
 */
export type FoundEntry = FoundDir | FoundFile | FoundLink | FoundMisfit;
type FittingEntry = Exclude<FoundEntry, FoundMisfit>;

export interface TreeProgress {
  /**
   * `unpack`: an archive's packed bytes are being spooled; `hash`: every file's bytes are being
   * read once.
   */
  readonly step: "unpack" | "hash";
  /** Bytes; `totalBytes` may be 0. */
  readonly doneBytes: number;
  readonly totalBytes: number;
}

export interface CollectOptions {
  readonly createSha256: () => Sha256;
  /**
   * The hash of all that a file has, as hex digits: for many small files, where an object for each
   * would be most of the work.
   */
  readonly hashWhole?: ((bytes: Uint8Array) => string) | undefined;
  /** What is kept out; nothing, unless given. */
  readonly excludes?: ExcludeChoice | undefined;
  /** Who keeps it out, where the input is walked by somebody who needs not look into all of it. */
  readonly excluder?: Excluder | undefined;
  readonly onProgress?: ((progress: TreeProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Bytes of one read: large enough for any disk, and with HASH_LANES no burden on the smallest
 * laptop.
 */
const READ_BYTES = 1024 * 1024;
/**
 * Files hashed at a time. Small files wait for the disk, not for the hash; more than this gains
 * nothing.
 */
const HASH_LANES = 8;
const NOT_YET_HASHED = "0".repeat(64);

/**
 * The tree of what was found. Throws `path-invalid`, `unsupported-entry`, `limit-exceeded`,
 * `unreadable-file`, and what `found` throws.
 */
export async function collectTree(
  found: AsyncIterable<FoundEntry> | Iterable<FoundEntry>,
  options: CollectOptions,
): Promise<InputTree> {
  const everything = await gatherEntries(found, options.signal);
  const excluder = options.excluder ?? (await createExcluder(everything, options));
  const byPath = keepFitting(everything, excluder);
  const firstNames = findFirstNames([...byPath.values()].filter(isFile));
  const draft = createManifest(
    [...byPath.values()].map((entry) => toDraftEntry(entry, firstNames)),
  );
  const files = [...byPath.values()].filter(isFile);
  const { hashes, programs } = await hashFiles(
    files.filter((file) => firstNameOf(file, firstNames) === file.path),
    options,
  );
  const entries = draft.entries.map((entry) => fillHash(entry, hashes));
  return {
    manifest: { entries },
    report: { excluded: excluder?.excluded ?? [], programs: programs.sort(comparePaths) },
    open: (path) => openFound(byPath.get(path), path),
    close: async () => {},
  };
}

async function createExcluder(
  found: ReadonlyMap<string, FoundEntry>,
  { excludes }: CollectOptions,
): Promise<Excluder | undefined> {
  if (excludes === undefined) return undefined;
  const isSystem = SYSTEM_SIGNS.some((path) => found.has(path));
  const file = found.get(IGNORE_FILE);
  return new Excluder(
    excludes,
    isSystem,
    file?.kind === "file" ? await readIgnoreFile(file.source) : undefined,
  );
}

/** What is kept out goes, then whatever else no tree can hold is refused, all of it at once. */
function keepFitting(
  found: ReadonlyMap<string, FoundEntry>,
  excluder: Excluder | undefined,
): Map<string, FittingEntry> {
  const byPath = new Map<string, FittingEntry>();
  const misfits: Misfit[] = [];
  for (const entry of found.values()) {
    const size = entry.kind === "file" ? entry.source.size : 0;
    if (excluder?.excludes(entry.path, entry.kind === "dir", size)) continue;
    if (entry.kind === "misfit") misfits.push(entry);
    else byPath.set(entry.path, entry);
  }
  refuseMisfits(misfits);
  for (const path of [...byPath.keys()]) addParents(path, byPath);
  return byPath;
}

async function gatherEntries(
  found: AsyncIterable<FoundEntry> | Iterable<FoundEntry>,
  signal: AbortSignal | undefined,
): Promise<Map<string, FoundEntry>> {
  const byPath = new Map<string, FoundEntry>();
  for await (const entry of found) {
    signal?.throwIfAborted();
    const reason = invalidPathReason(entry.path);
    byPath.set(
      entry.path,
      reason === undefined || entry.kind === "misfit" ? entry : badPath(entry.path, reason),
    );
    checkCount(byPath.size);
  }
  return byPath;
}

function badPath(path: string, reason: string): FoundMisfit {
  return { kind: "misfit", path, reason, code: "path-invalid" };
}

/**
 * Archives and browsers need not list directories: those nobody described are what `mkdir -p` would
 * make.
 */
function addParents(path: string, byPath: Map<string, FittingEntry>): void {
  for (let end = path.lastIndexOf("/"); end > 0; end = path.lastIndexOf("/", end - 1)) {
    const parent = path.slice(0, end);
    if (byPath.has(parent)) return;
    byPath.set(parent, { kind: "dir", path: parent, mode: 0o755, uid: 0, gid: 0 });
    checkCount(byPath.size);
  }
}

function checkCount(count: number): void {
  if (count <= MAX_ENTRIES) return;
  throw new InfieldError(
    "limit-exceeded",
    `the input holds more than ${MAX_ENTRIES} files and folders`,
    "split the tree into two channels",
  );
}

/** Of each file with more than one name, the first one in the order of paths. */
function findFirstNames(files: readonly FoundFile[]): Map<string, string> {
  const firstNames = new Map<string, string>();
  for (const { inode, path } of files) {
    if (inode === undefined) continue;
    const first = firstNames.get(inode);
    if (first === undefined || comparePaths(path, first) < 0) firstNames.set(inode, path);
  }
  return firstNames;
}

function firstNameOf({ inode, path }: FoundFile, firstNames: ReadonlyMap<string, string>): string {
  return firstNames.get(inode ?? "") ?? path;
}

function toDraftEntry(found: FittingEntry, firstNames: ReadonlyMap<string, string>): Entry {
  if (found.kind !== "file") return found;
  const { inode: _, isModeless: __, source, ...entry } = found;
  const target = firstNameOf(found, firstNames);
  return target === found.path
    ? { ...entry, size: source.size, sha256: NOT_YET_HASHED }
    : { kind: "hard-link", path: found.path, target };
}

function fillHash(entry: Entry, hashes: ReadonlyMap<string, string>): Entry {
  return entry.kind === "file"
    ? { ...entry, sha256: hashes.get(entry.path) ?? NOT_YET_HASHED }
    : entry;
}

async function hashFiles(
  files: readonly FoundFile[],
  options: CollectOptions,
): Promise<{ hashes: Map<string, string>; programs: string[] }> {
  const hashes = new Map<string, string>();
  const programs: string[] = [];
  const totalBytes = files.reduce((total, file) => total + file.source.size, 0);
  let doneBytes = 0;
  const report = (bytes: number) => {
    doneBytes += bytes;
    options.onProgress?.({ step: "hash", doneBytes, totalBytes });
  };
  // Those that no lane reads into.
  const buffers: Uint8Array[] = [];
  await forEachConcurrently(files, HASH_LANES, async ({ path, source, isModeless }) => {
    hashes.set(path, await hashSource(source, buffers, options, report));
    if (isModeless && (await startsLikeProgram(source))) programs.push(path);
  });
  return { hashes, programs };
}

async function hashSource(
  source: ByteSource,
  buffers: Uint8Array[],
  options: CollectOptions,
  report: (bytes: number) => void,
): Promise<string> {
  options.signal?.throwIfAborted();
  const buffer = buffers.pop() ?? new Uint8Array(READ_BYTES);
  if (options.hashWhole !== undefined && source.size <= READ_BYTES) {
    const bytes = buffer.subarray(0, source.size);
    await readInto(source, 0, bytes);
    buffers.push(buffer);
    report(bytes.length);
    return options.hashWhole(bytes);
  }
  const hash = options.createSha256();
  try {
    for (let at = 0; at < source.size; at += READ_BYTES) {
      options.signal?.throwIfAborted();
      const bytes = buffer.subarray(0, Math.min(READ_BYTES, source.size - at));
      await readInto(source, at, bytes);
      hash.update(bytes);
      report(bytes.length);
    }
    return toHex(hash.digest());
  } finally {
    hash.free?.();
    buffers.push(buffer);
  }
}

async function startsLikeProgram(source: ByteSource): Promise<boolean> {
  return isProgram(await source.read(0, Math.min(HEAD_BYTES, source.size)));
}

function isFile(found: FoundEntry): found is FoundFile {
  return found.kind === "file";
}

function openFound(found: FoundEntry | undefined, path: string): ByteSource {
  if (found?.kind === "file") return found.source;
  throw new InfieldError(
    "internal",
    `no file ${JSON.stringify(path)} in the tree`,
    "report this as a defect",
  );
}
