/** The main flow of a laptop: check → fetch → verify → build → switch → confirm. And back again. */
import type { BlobRecord, Channel, Progress, ReleaseFile, ReleaseRecord } from "@infield/shared";
import type { Root } from "./store/root.ts";

/** A release as it lies in a repository, and its verified record. */
export interface VerifiedRelease {
  readonly file: ReleaseFile;
  readonly record: ReleaseRecord;
}

export interface UpdateHooks {
  /** Brings a blob into the root's repository by `receiveBlob` or `copyBlob`. Not called for blobs that are there. */
  fetchBlob(blob: BlobRecord, onProgress: (doneBytes: number) => void, signal?: AbortSignal): Promise<void>;
  /** `progress` counts bytes: fetched of to fetch, written of to write. */
  onStep(step: { state: "fetching" | "building" | "checking"; target: number; progress?: Progress }): void;
  readonly signal?: AbortSignal;
}

/**
 * Brings the root to version `target` of the channel by the cheapest route of deltas. Old or new whatever happens: on any
 * error the version in use stays the one in use. Throws `unknown-release`, `release-too-old`, `release-held`,
 * `needs-system`, `no-path`, `no-space`, `blob-damaged`, `delta-damaged`, `delta-too-new`, `delta-memory`,
 * `snapshot-damaged`, `wrong-result`, `health-failed` (taken back, held), AbortError, and what `fetchBlob` throws.
 */
export declare function updateTo(
  root: Root,
  channel: Channel,
  releases: readonly VerifiedRelease[],
  target: number,
  hooks: UpdateHooks,
): Promise<void>;

/**
 * Goes back to the previous confirmed version, and holds the one that was left. Resolves to the version now in use.
 * Throws `nothing-to-roll-back`, `snapshot-damaged` (then nothing changed).
 */
export declare function rollBack(root: Root): Promise<number>;

/** Lifts the hold: the release that was left may be taken again. */
export declare function resume(root: Root): Promise<void>;

/** Reads every byte of the version in use again. Throws `snapshot-damaged` naming the files. Resolves to the version, 0 for none. */
export declare function verifyInstalled(root: Root): Promise<number>;
