/**
 * A delta between two installed versions, made for a straggler at the lowest priority: whoever
 * works at this laptop comes first. So it is not begun where it would push other programs out of
 * memory, and it is given up when it takes too long.
 */
import { freemem } from "node:os";
import { formatBytes, InfieldError, PLANNED_GROUP_BYTES } from "@infield/shared/base";
import { createDelta, type Level } from "@infield/shared/delta";
import type { BlobRecord } from "@infield/shared/records";
import { type SourceTree, treeBytes } from "@infield/shared/tree";
import { openEncoderPool } from "../delta/create/encoder-pool.ts";
import { noSpace } from "../host/io-error.ts";
import type { OpenRoot, Root } from "../store/root/root.ts";
import { hasSpaceForMade, keepMade } from "../store/snapshot/made-deltas.ts";
import { openSnapshotTree } from "../store/snapshot/snapshot-tree.ts";

/**
 * It is made once, and travels once for each straggler; decoding it takes no more memory than every
 * laptop gives.
 */
const MADE_LEVEL: Level = "default";
/** Bytes of memory for each byte of the largest group: 1 GiB for one of PLANNED_GROUP_BYTES. */
const MEMORY_RATIO = 32;

interface MakeOptions {
  readonly root: OpenRoot;
  readonly signal: AbortSignal;
  /** Bytes of free memory. */
  freeBytes?(): number;
}

/**
 * True from another version that is installed, or (0) from nothing, to the one in use and confirmed
 * (docs/protocol.md, rule 8.4).
 */
export function canMakeBetween(root: Root, from: number, to: number): boolean {
  const { current, confirmed, versions } = root.state();
  return current === to && confirmed && from < to && (from === 0 || versions.includes(from));
}

/**
 * Makes the delta that leads from installed version `from` (0: from nothing) to installed version
 * `to`, and keeps it among the blobs. Throws `snapshot-damaged`, `unreadable-file`, `no-space`,
 * `limit-exceeded` (too little free memory), AbortError.
 */
export async function makeBetween(
  { root, signal, freeBytes = freemem }: MakeOptions,
  from: number,
  to: number,
): Promise<BlobRecord> {
  const base = await openSnapshotTree(root, from, signal);
  const target = await openSnapshotTree(root, to, signal);
  checkFreeMemory(base, target, freeBytes());
  const encoder = openEncoderPool({ background: true });
  try {
    const delta = await createDelta(base, target, encoder, { level: MADE_LEVEL, signal });
    // As a change, as an update that is just ending removes blobs that nothing names yet.
    return await root.change(async (writable) => {
      signal.throwIfAborted();
      if (!(await hasSpaceForMade(root, delta.bytes)))
        throw noSpace(root.path, formatBytes(delta.bytes));
      const { base, decoderBytes, writtenBytes, writtenEntries } = delta;
      const written = await writable.repository.writeBlob(delta.read());
      const blob = { from, base, ...written, decoderBytes, writtenBytes, writtenEntries };
      await keepMade(writable, { to, blob });
      return blob;
    });
  } finally {
    await encoder.close();
  }
}

function checkFreeMemory(base: SourceTree, target: SourceTree, freeBytes: number): void {
  const largest = Math.max(treeBytes(base.manifest), treeBytes(target.manifest));
  const needBytes = MEMORY_RATIO * Math.min(largest, PLANNED_GROUP_BYTES);
  if (needBytes <= freeBytes) return;
  const [need, free] = [needBytes, freeBytes].map(formatBytes);
  throw new InfieldError(
    "limit-exceeded",
    `making a delta takes ${need} of memory, and ${free} is free`,
    "nothing to do: another laptop makes it, or the straggler takes the signed deltas",
  );
}
