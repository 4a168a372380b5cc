/** Messages between a page and its own agent (docs/protocol.md, section 4). */
import * as v from "valibot";
import {
  MAX_CHAIN_BYTES,
  MAX_PATH_BYTES,
  MAX_RECORD_BYTES,
  MAX_VERSION,
} from "../../base/limits.ts";
import { Count } from "../../records/parse.ts";
import { BlobRecordSchema } from "../../records/release.ts";
import { Classroom } from "./classroom.ts";
import { Host, Id8, Port, RequestId, Version } from "./fields.ts";
import { ProgressSchema } from "./report.ts";
import {
  Done,
  FailedAnswer,
  FileAnswer,
  GetChannel,
  GetHashes,
  GetPiece,
  GetRelease,
} from "./requests.ts";

/**
 * The page hands over a release: the agent verifies these texts, then asks for the blobs' pieces.
 */
const Offer = v.object({
  type: v.literal("offer"),
  id: RequestId,
  channel: v.pipe(v.string(), v.maxLength(MAX_CHAIN_BYTES)),
  release: v.pipe(v.string(), v.maxLength(MAX_RECORD_BYTES * 3)),
});
/**
 * The page is making a wanted delta, or has given it up. While it is, laptops that ask for that
 * delta are told to wait.
 */
const PrepareDelta = v.object({
  type: v.literal("prepare-delta"),
  id: RequestId,
  from: Version,
  to: Version,
  preparing: v.boolean(),
});
/** The page hands over a wanted delta: the agent asks for its pieces. */
const OfferDelta = v.object({
  type: v.literal("offer-delta"),
  id: RequestId,
  to: Version,
  delta: BlobRecordSchema,
});
const PageHello = v.object({
  type: v.literal("hello"),
  protocol: v.literal(1),
  token: v.pipe(v.string(), v.maxLength(64)),
});
/** Installs the newest release that this machine has, and announces it to the classroom. */
const UpdateClassroom = v.object({ type: v.literal("update-classroom"), id: RequestId });
/** Rolls this machine back, or another laptop that obeys this teacher. */
const RollBack = v.object({
  type: v.literal("roll-back"),
  id: RequestId,
  laptop: Id8,
  /** To this version, on this machine only; otherwise to the one before. */
  to: v.optional(Count(1, MAX_VERSION)),
  force: v.optional(v.literal(true)),
});
/** This machine takes nothing newer until `resume`. */
const Hold = v.object({ type: v.literal("hold"), id: RequestId });
/** Asks the neighbours for something newer now and takes it; done when that has ended. */
const Look = v.object({ type: v.literal("look"), id: RequestId });
/** Lets a held laptop take releases again. */
const Resume = v.object({ type: v.literal("resume"), id: RequestId, laptop: Id8 });
/** Removes from this machine what nobody needs, but for the newest `keep` versions. */
const Prune = v.object({ type: v.literal("prune"), id: RequestId, keep: Version });
/**
 * Repairs what is damaged in this machine's root; `from` is the absolute path of a repository on
 * it.
 */
const Repair = v.object({
  type: v.literal("repair"),
  id: RequestId,
  from: v.optional(v.pipe(v.string(), v.maxLength(MAX_PATH_BYTES))),
});
/**
 * Dials a laptop that a person named, now and whenever this one runs from now on; done once both
 * have said hello.
 */
const Connect = v.object({
  type: v.literal("connect"),
  id: RequestId,
  host: Host,
  port: Port,
});
/** Forgets a laptop that a person named. */
const Disconnect = v.object({
  type: v.literal("disconnect"),
  id: RequestId,
  host: Host,
  port: Port,
});
/** This laptop is about to sleep; done once it listens for nothing but an urgent release. */
const Sleep = v.object({ type: v.literal("sleep"), id: RequestId });
/** It is awake again. */
const Wake = v.object({ type: v.literal("wake"), id: RequestId });
export const PageMessageSchema = v.variant("type", [
  PageHello,
  Offer,
  PrepareDelta,
  OfferDelta,
  UpdateClassroom,
  Look,
  RollBack,
  Resume,
  Hold,
  Prune,
  Repair,
  Connect,
  Disconnect,
  Sleep,
  Wake,
  FileAnswer,
  FailedAnswer,
]);
export type PageMessage = v.InferOutput<typeof PageMessageSchema>;

/** How far an `offer` has come, in bytes. */
const HandOver = v.object({
  type: v.literal("progress"),
  id: RequestId,
  progress: ProgressSchema,
});
export const AgentMessageSchema = v.variant("type", [
  Classroom,
  Done,
  HandOver,
  FailedAnswer,
  GetChannel,
  GetRelease,
  GetHashes,
  GetPiece,
]);
export type AgentMessage = v.InferOutput<typeof AgentMessageSchema>;
