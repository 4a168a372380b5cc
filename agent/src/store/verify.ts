/**
 * Is a snapshot what its manifest says? The folder is read back by the code that reads any folder into a tree, which shares
 * nothing with the code that wrote it, and both manifests are compared entry by entry.
 */
import { readFile } from "node:fs/promises";
import {
  comparePaths,
  type Entry,
  InfieldError,
  type Manifest,
  parseManifest,
  type SourceTree,
} from "@infield/shared";
import { openFolder } from "../tree/folder.ts";
import { createSha256 } from "../tree/sha256.ts";
import { toIoError } from "./io-error.ts";
import type { SnapshotLayout } from "./layout.ts";

/** One path that is not as the manifest says, and how. */
export interface Difference {
  readonly path: string;
  readonly how: "missing" | "extra" | "type" | "bytes" | "mode" | "owner" | "link";
}

/** Differences named in one message. */
const NAMED = 5;

/** Throws `snapshot-damaged` when there is no manifest that can be read. */
export async function readSnapshotManifest(snapshot: SnapshotLayout): Promise<Manifest> {
  try {
    return parseManifest(await readFile(snapshot.manifest));
  } catch (cause) {
    throw damagedSnapshot("its manifest cannot be read", cause);
  }
}

/** Reads and hashes the whole tree. Throws `unreadable-file`, `unsupported-entry`, `path-invalid`, AbortError. */
export async function findDifferences(
  folder: string,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<Difference[]> {
  // Where every owner is 0:0, whoever installed the tree owns it.
  const owners = manifest.entries.some((entry) => entry.uid !== 0 || entry.gid !== 0);
  const tree: SourceTree = await openFolder(folder, { owners, createSha256, signal }).catch(
    (error: unknown) => {
      throw toIoError(error, `read ${JSON.stringify(folder)}`);
    },
  );
  await tree.close();
  return compareEntries(manifest.entries, tree.manifest.entries);
}

/** Throws `snapshot-damaged`, naming the first differences, unless the tree is what the manifest says. */
export async function checkSnapshotTree(
  folder: string,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<void> {
  const differences = await findDifferences(folder, manifest, signal);
  if (differences.length > 0) throw damagedSnapshot(describeDifferences(differences));
}

export function damagedSnapshot(reason: string, cause?: unknown): InfieldError {
  return new InfieldError(
    "snapshot-damaged",
    `an installed version is damaged: ${reason}`,
    "`infield verify` names every file; install the version again",
    cause,
  );
}

export function isDamagedSnapshot(error: unknown): boolean {
  return error instanceof InfieldError && error.code === "snapshot-damaged";
}

function describeDifferences(differences: readonly Difference[]): string {
  const named = differences.slice(0, NAMED).map(({ path, how }) => `${JSON.stringify(path)} (${how})`);
  const more = differences.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}

function compareEntries(expected: readonly Entry[], found: readonly Entry[]): Difference[] {
  const rest = new Map(found.map((entry) => [entry.path, entry]));
  const differences: Difference[] = [];
  for (const entry of expected) {
    const there = rest.get(entry.path);
    rest.delete(entry.path);
    const how = there === undefined ? "missing" : compareEntry(entry, there);
    if (how !== undefined) differences.push({ path: entry.path, how });
  }
  for (const path of rest.keys()) differences.push({ path, how: "extra" });
  return differences.sort((a, b) => comparePaths(a.path, b.path));
}

function compareEntry(expected: Entry, found: Entry): Difference["how"] | undefined {
  if (expected.kind !== found.kind) return "type";
  if (expected.kind === "file" && found.kind === "file" && expected.sha256 !== found.sha256) return "bytes";
  if (expected.kind === "link" && found.kind === "link" && expected.target !== found.target) return "link";
  if (expected.kind !== "link" && found.kind !== "link" && expected.mode !== found.mode) return "mode";
  return expected.uid === found.uid && expected.gid === found.gid ? undefined : "owner";
}
