/** What the applying thread is told, and what it answers. */
import type { ErrorCode } from "@infield/shared";

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

export type ApplyReply =
  | { readonly reply: "progress"; readonly doneBytes: number; readonly totalBytes: number }
  /** Canonical bytes of the result's manifest. */
  | { readonly reply: "done"; readonly manifest: Uint8Array }
  /** `code` is absent for a defect. */
  | { readonly reply: "failed"; readonly code?: ErrorCode; readonly message: string; readonly hint: string };
