/**
 * Is a tree what its manifest says? If not, it is damaged, and the message says where. What cannot
 * be read now is another thing: a cable, a full table of files or a tired disk says nothing of what
 * was written.
 */
import { InfieldError } from "@infield/shared/base";
import type { Manifest } from "@infield/shared/tree";
import type { Hashed } from "../host/file-stamp.ts";
import { type Difference, findDifferences } from "./differences.ts";

/** Differences named in one message. */
const NAMED = 5;

/**
 * Throws `snapshot-damaged`, naming the first differences, unless the tree is what the manifest
 * says; `io-failed` when all that is wrong is that something cannot be read now. `hashed` as
 * `findDifferences` takes it.
 */
export async function checkTree(
  folder: string,
  manifest: Manifest,
  signal?: AbortSignal,
  hashed?: ReadonlyMap<string, Hashed>,
): Promise<void> {
  refuse(await findDifferences(folder, manifest, { signal, ...(hashed && { hashed }) }));
}

/**
 * As `checkTree`, of a version that is or was in use: what programs or people left there
 * besides is no damage, and must neither keep a laptop from going back nor be taken away by a
 * laptop that mends itself.
 */
export async function checkTreeFiles(
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
