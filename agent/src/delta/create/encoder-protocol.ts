/** What the encoder pool and its workers say to each other. One job at a time a worker. */
import type {
  EncodedGroup,
  EncodedHeader,
  GroupSide,
  HeaderPlan,
  Level,
} from "@infield/shared/delta";

export type EncoderJob =
  | {
      readonly job: "group";
      readonly base: GroupSide;
      readonly target: GroupSide;
      readonly level: Level;
    }
  | { readonly job: "header"; readonly header: HeaderPlan };

export type EncoderReply =
  | { readonly reply: "progress"; readonly fraction: number }
  | ({ readonly reply: "group"; readonly record: Uint8Array } & Omit<EncodedGroup, "record">)
  | { readonly reply: "header"; readonly header: EncodedHeader }
  | { readonly reply: "failed"; readonly message: string };
