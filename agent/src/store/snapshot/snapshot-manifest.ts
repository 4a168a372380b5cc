/** The manifest of an installed version, as it lies beside its tree. */
import { readFile } from "node:fs/promises";
import { type Manifest, parseManifest } from "@infield/shared/tree";
import { errorCode } from "../../host/file-source.ts";
import { toIoError } from "../../host/io-error.ts";
import { damagedSnapshot } from "../../tree/check-tree.ts";
import type { SnapshotLayout } from "../root/layout.ts";

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
