/**
 * The skeleton: the target's manifest with a mark instead of a hash wherever the bytes travel in
 * the delta. Their hashes follow from the bytes, so they need not travel (32 bytes a changed file);
 * the tree id, which is signed, checks them all.
 *
 * A file's hash field is one of: 64 hex digits, the base has such a file; `+`, carried: its bytes
 * are next in the groups; `=N`, the same bytes as carried file N, counted from 0.
 */
import { InfieldError } from "../base/errors.ts";
import type { FileEntry } from "../tree/entry.ts";
import { filesOf, formatManifest, type Manifest, parseManifest } from "../tree/manifest.ts";
import { findUnchanged } from "./unchanged.ts";

const HASH_FIELD = /^(?:[0-9a-f]{64}|\+|=(?:0|[1-9]\d{0,5}))$/;
const CARRIED = "+";

export interface Skeleton {
  /** The manifest with marks in the place of hashes. */
  readonly manifest: Manifest;
  /** Target files whose bytes travel, in manifest order. */
  readonly carried: readonly FileEntry[];
}

/**
 * Decides which files of the target have to travel: those whose bytes no file of the base has, each
 * content once.
 */
export function planSkeleton(base: Manifest, target: Manifest): Skeleton {
  const known = new Set(filesOf(base).map((file) => file.sha256));
  const carried: FileEntry[] = [];
  const numbers = new Map<string, number>();
  const entries = target.entries.map((entry) => {
    if (entry.kind !== "file" || known.has(entry.sha256)) return entry;
    const number = numbers.get(entry.sha256);
    if (number !== undefined) return { ...entry, sha256: `=${number}` };
    numbers.set(entry.sha256, carried.length);
    carried.push(entry);
    return { ...entry, sha256: CARRIED };
  });
  return { manifest: { entries }, carried };
}

/**
 * What a laptop has to write that shares every file it may: files whose bytes travel, those whose
 * attributes changed or that were doubled, directories, links.
 */
export function countWritten(
  base: Manifest,
  { manifest }: Skeleton,
): { writtenBytes: number; writtenEntries: number } {
  const files = filesOf(manifest);
  const isHere = (file: FileEntry) => file.sha256.length === 64;
  const copied = findUnchanged(filesOf(base), files.filter(isHere)).filter(
    ({ mayLink }) => !mayLink,
  );
  const written = [...files.filter((file) => !isHere(file)), ...copied.map(({ target }) => target)];
  const others = manifest.entries.filter(({ kind }) => kind === "dir" || kind === "link");
  return {
    writtenBytes: written.reduce((sum, { size }) => sum + size, 0),
    writtenEntries: written.length + others.length,
  };
}

export function formatSkeleton(skeleton: Skeleton): Uint8Array {
  return formatManifest(skeleton.manifest);
}

/**
 * Reads a skeleton that came with a delta. Throws `delta-damaged`, `manifest-invalid`,
 * `path-invalid`, `limit-exceeded`.
 */
export function parseSkeleton(bytes: Uint8Array): Skeleton {
  const manifest = parseManifest(bytes, HASH_FIELD);
  const carried: FileEntry[] = [];
  for (const file of filesOf(manifest)) {
    if (file.sha256 === CARRIED) carried.push(file);
    const same = carriedNumber(file);
    if (same !== undefined && carried[same]?.size !== file.size) {
      throw new InfieldError(
        "delta-damaged",
        "the delta names a carried file that does not exist",
        "get the delta again",
      );
    }
  }
  return { manifest, carried };
}

/** For `=N`, the number N of the carried file with the same bytes. */
export function carriedNumber(file: FileEntry): number | undefined {
  return file.sha256.startsWith("=") ? Number(file.sha256.slice(1)) : undefined;
}

/** The target's manifest, once the hashes of all carried files are known, in their order. */
export function completeManifest(skeleton: Skeleton, hashes: readonly string[]): Manifest {
  let next = 0;
  const entries = skeleton.manifest.entries.map((entry) => {
    if (entry.kind !== "file") return entry;
    const number = entry.sha256 === CARRIED ? next++ : carriedNumber(entry);
    return number === undefined ? entry : { ...entry, sha256: hashes[number] ?? "" };
  });
  return { entries };
}
