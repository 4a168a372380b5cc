/** Is a snapshot what its manifest says? If not, it is damaged, and the message says where. */
import { readFile } from "node:fs/promises";
import { InfieldError, type Manifest, parseManifest } from "@infield/shared";
import { type Difference, findDifferences } from "./differences.ts";
import type { SnapshotLayout } from "./layout.ts";

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
