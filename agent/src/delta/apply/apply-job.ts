/** What the applying thread is told, and what it answers. */
import type { Failure } from "../thread-failure.ts";

export interface ApplyJob {
  /** Path of the delta file. */
  readonly delta: string;
  readonly baseFolder: string;
  /** Canonical bytes. */
  readonly baseManifest: Uint8Array;
  /** An empty folder, made for this. */
  readonly out: string;
  readonly share: "link" | "copy";
  readonly system: boolean;
  readonly memoryBytes: number;
  /** Everything is to be read back once it is written. */
  readonly readBack: boolean;
}

export interface WrittenTree {
  /** Canonical bytes; their SHA-256 is the tree id that the delta promises. */
  readonly manifest: Uint8Array;
  /** Paths in the tree of all files but those that are hard links to the base's. */
  readonly files: readonly string[];
  readonly directories: readonly string[];
}

export type ApplyReply =
  | { readonly reply: "progress"; readonly doneBytes: number; readonly totalBytes: number }
  | ({ readonly reply: "written" } & WrittenTree)
  | { readonly reply: "done" }
  | Failure;
