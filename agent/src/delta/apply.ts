/** Applying a delta file to a folder, in a worker thread whose memory goes back to the system when it ends. */
import type { Manifest } from "@infield/shared";

export interface ApplyOptions {
  /** Path of the delta file. */
  readonly delta: string;
  /** The base: a folder with the files of `manifest`; the folder is not touched when the manifest has no files. */
  readonly base: { readonly folder: string; readonly manifest: Manifest };
  /** The output folder; must not exist, its parent must. */
  readonly out: string;
  /** `link`: unchanged files may be hard links to the base's (the store). `copy`: they never are. */
  readonly share: "link" | "copy";
  /** May give files foreign owners (when root) and setuid bits; else a tree that has them throws `needs-system`. */
  readonly system: boolean;
  /** Bytes the decoder may use. */
  readonly memoryBytes: number;
  onProgress?(doneBytes: number, totalBytes: number): void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Builds `out` and resolves to its manifest, whose tree id is the delta's target. On any error `out` is gone again.
 * Throws `already-exists`, `wrong-base`, `needs-system`, `no-space`, `case-twins`, `delta-damaged`, `delta-too-new`,
 * `delta-memory`, `wrong-result`, `io-failed`, AbortError.
 */
export declare function applyDelta(options: ApplyOptions): Promise<Manifest>;
