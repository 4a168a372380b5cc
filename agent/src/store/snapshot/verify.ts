/**
 * Is a snapshot what its manifest says? If not, it is damaged, and the message says where. What
 * cannot be read now is another thing: a cable, a full table of files or a tired disk says nothing
 * of what was written.
 */
import { readFile } from "node:fs/promises";
import { InfieldError } from "@infield/shared/base";
import { type Manifest, parseManifest } from "@infield/shared/tree";
import { errorCode } from "../../host/file-source.ts";
import type { Hashed } from "../../host/file-stamp.ts";
import { toIoError } from "../../host/io-error.ts";
import { type Difference, findDifferences } from "../../tree/differences.ts";
import type { SnapshotLayout } from "../root/layout.ts";

/** Differences named in one message. */
const NAMED = 5;
/** Errors of a path at which there is no file, or something else (errno(3)). */
const NOT_THERE = new Set(["ENOENT", "ENOTDIR", "EISDIR", "ELOOP"]);

/**
 * Throws `snapshot-damaged` when the manifest is not there or not a manifest, `io-failed` when it
 * cannot be read now.
 */
export async function readSnapshotManifest(snapshot: SnapshotLayout): Promise<Manifest> {
  return parseSnapshotManifest(await readManifestBytes(snapshot));
}

/**
 * The manifest as it lies on the disk. Throws `snapshot-damaged` when it is not there, `io-failed`
 * when it cannot be read now.
 */
export function readManifestBytes({ manifest }: SnapshotLayout): Promise<Uint8Array> {
  return readFile(manifest).catch((cause: unknown) => {
    if (NOT_THERE.has(errorCode(cause) ?? "")) throw damagedSnapshot("it has no manifest", cause);
    throw toIoError(cause, `read ${JSON.stringify(manifest)}`);
  });
}

/** Throws `snapshot-damaged` for bytes that are not a manifest. */
export function parseSnapshotManifest(bytes: Uint8Array): Manifest {
  try {
    return parseManifest(bytes);
  } catch (cause) {
    throw damagedSnapshot("its manifest is damaged", cause);
  }
}

/**
 * Throws `snapshot-damaged`, naming the first differences, unless the tree is what the manifest
 * says; `io-failed` when all that is wrong is that something cannot be read now. `hashed` as
 * `findDifferences` takes it.
 */
export async function checkSnapshotTree(
  folder: string,
  manifest: Manifest,
  signal?: AbortSignal,
  hashed?: ReadonlyMap<string, Hashed>,
): Promise<void> {
  refuse(await findDifferences(folder, manifest, { signal, ...(hashed && { hashed }) }));
}

/**
 * As `checkSnapshotTree`, of a version that is or was in use: what programs or people left there
 * besides is no damage, and must neither keep a laptop from going back nor be taken away by a
 * laptop that mends itself.
 */
export async function checkSnapshotFiles(
  folder: string,
  manifest: Manifest,
  signal?: AbortSignal,
): Promise<void> {
  refuse((await findDifferences(folder, manifest, { signal })).filter(isDamage));
}

/** False for what only is there besides. */
export function isDamage({ how }: Difference): boolean {
  return how !== "extra";
}

function refuse(differences: readonly Difference[]): void {
  if (differences.length === 0) return;
  const what = describeDifferences(differences);
  throw differences.every(({ how }) => how === "unreadable")
    ? unreadableSnapshot(what)
    : damagedSnapshot(what);
}

export function damagedSnapshot(reason: string, cause?: unknown): InfieldError {
  return new InfieldError(
    "snapshot-damaged",
    `an installed version is damaged: ${reason}`,
    "`infield verify` names every file, `infield doctor --repair` mends them",
    cause,
  );
}

function unreadableSnapshot(what: string): InfieldError {
  return new InfieldError(
    "io-failed",
    `an installed version cannot be read: ${what}`,
    "try again; if it stays like this, check the disk",
  );
}

export function isDamagedSnapshot(error: unknown): boolean {
  return error instanceof InfieldError && error.code === "snapshot-damaged";
}

/** The first few, by path and how. */
export function describeDifferences(differences: readonly Difference[]): string {
  const named = differences
    .slice(0, NAMED)
    .map(({ path, how }) => `${JSON.stringify(path)} (${how})`);
  const more = differences.length - named.length;
  return named.join(", ") + (more > 0 ? ` and ${more} more` : "");
}
