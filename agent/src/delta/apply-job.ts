/** What the applying thread is told, and what it answers. */
import type { Hashed } from "../store/stamp.ts";
import type { Failure } from "./thread-failure.ts";

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
}

export interface AppliedTree {
  /** Canonical bytes; their SHA-256 is the tree id that the delta promises. */
  readonly manifest: Uint8Array;
  /** Files that are hard links to the base's, by path. */
  readonly linked: ReadonlyMap<string, Hashed>;
}

export type ApplyReply =
  | { readonly reply: "progress"; readonly doneBytes: number; readonly totalBytes: number }
  | ({ readonly reply: "done" } & AppliedTree)
  | Failure;
