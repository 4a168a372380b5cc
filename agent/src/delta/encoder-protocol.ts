/** What the encoder pool and its workers say to each other. One job at a time a worker. */
import type { EncodedGroup, EncodedHead, HeadPlan } from "@infield/shared";

export type EncoderJob =
  | { readonly job: "group"; readonly base: Uint8Array; readonly target: Uint8Array }
  | { readonly job: "head"; readonly head: HeadPlan };

export type EncoderReply =
  | { readonly reply: "progress"; readonly fraction: number }
  | { readonly reply: "group"; readonly group: EncodedGroup }
  | { readonly reply: "head"; readonly head: EncodedHead }
  | { readonly reply: "failed"; readonly message: string };
