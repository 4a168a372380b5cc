/** Messages between laptops (docs/protocol.md, section 3). */
import * as v from "valibot";
import { MAX_HAVE, MAX_PACKET_BYTES } from "../../base/limits.ts";
import { EnvelopeSchema } from "../../records/envelope.ts";
import { Hex32 } from "../../records/parse.ts";
import { Challenge, Id8, RequestId } from "./fields.ts";
import { ReportSchema } from "./report.ts";
import {
  DeltaAnswer,
  Done,
  FailedAnswer,
  FileAnswer,
  GetChannel,
  GetContent,
  GetDelta,
  GetHashes,
  GetHave,
  GetPiece,
  GetRelease,
  PieceIndex,
} from "./requests.ts";

/** The first message of both sides. A teacher's order must repeat the `challenge`. */
const PeerHello = v.object({
  type: v.literal("hello"),
  protocol: v.literal(1),
  channel: Hex32,
  challenge: Challenge,
  report: ReportSchema,
});
/**
 * A laptop's state changed; sent to a teacher whose page is open, and to the neighbour one fetches
 * from. It brings a new `challenge` once an order has used up the last one.
 */
const PeerReport = v.object({
  type: v.literal("report"),
  report: ReportSchema,
  challenge: v.optional(Challenge),
});
/** A teacher's order, signed for this connection; answered by `done` or `failed`. */
const PeerOrder = v.object({
  type: v.literal("order"),
  id: RequestId,
  order: EnvelopeSchema,
});
export type PeerOrder = v.InferOutput<typeof PeerOrder>;
/**
 * An announcement or a query as multicast would carry it, in base64: how news passes where
 * multicast does not.
 */
const PeerPacket = v.object({
  type: v.literal("packet"),
  packet: v.pipe(v.string(), v.maxLength(Math.ceil(MAX_PACKET_BYTES / 3) * 4)),
});
/** More pieces have come of the blob that the `get-have` with this number asked for. */
const Have = v.object({
  type: v.literal("have"),
  id: RequestId,
  indexes: v.pipe(v.array(PieceIndex), v.minLength(1), v.maxLength(MAX_HAVE)),
});
export type Have = v.InferOutput<typeof Have>;
/** The answer to a `get-piece`, or what follows a `get-have`, is not wanted any more. */
const Cancel = v.object({ type: v.literal("cancel"), id: RequestId });
export type Cancel = v.InferOutput<typeof Cancel>;

export const PeerMessageSchema = v.variant("type", [
  PeerHello,
  PeerReport,
  PeerOrder,
  PeerPacket,
  GetChannel,
  GetRelease,
  GetHashes,
  GetPiece,
  GetHave,
  Have,
  Cancel,
  GetContent,
  GetDelta,
  FileAnswer,
  DeltaAnswer,
  FailedAnswer,
  Done,
]);
export type PeerMessage = v.InferOutput<typeof PeerMessageSchema>;

/**
 * Body of a `control` envelope: what a teacher orders, on the connection that gave this challenge.
 */
export const OrderSchema = v.object({
  infield: v.literal("control 1"),
  command: v.picklist(["roll-back", "resume"]),
  /**
   * Of `roll-back`: also where programs of the earlier version may not read what people made since.
   */
  force: v.optional(v.literal(true)),
  laptop: Id8,
  challenge: Challenge,
});
export type Order = v.InferOutput<typeof OrderSchema>;
