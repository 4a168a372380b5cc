/**
 * Every WebSocket message, as valibot schemas, parsed once at the edge (docs/protocol.md, section
 * 3). Text frames are JSON messages; a binary frame answers a request: the request's number (32
 * bits, big-endian), then the bytes. Laptops among each other and the page with its agent speak the
 * same transfer language.
 */
import * as v from "valibot";
import { MAX_HOST_CHARS } from "../announce/peer-address.ts";
import {
  MAX_BLOB_BYTES,
  MAX_CHAIN_BYTES,
  MAX_FILE_BYTES,
  MAX_HAVE,
  MAX_LAPTOPS,
  MAX_NAME_CHARS,
  MAX_NOTES_CHARS,
  MAX_PACKET_BYTES,
  MAX_PATH_BYTES,
  MAX_RECORD_BYTES,
  MAX_SHOWN_ADDRESSES,
  MAX_TREE_BYTES,
  MAX_TYPED_PEERS,
  MAX_VERSION,
  PIECE_BYTES,
} from "../base/limits.ts";
import { EnvelopeSchema } from "../records/envelope.ts";
import { Count, Hex32 } from "../records/parse.ts";
import { BlobRecordSchema } from "../records/release.ts";

const Host = v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_HOST_CHARS));
const Port = Count(1, 65_535);
const Id8 = v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/));
const Name = v.pipe(v.string(), v.maxLength(MAX_NAME_CHARS));
const Version = Count(0, MAX_VERSION);
const Sentence = v.pipe(v.string(), v.maxLength(1000));
const RequestId = Count(0, 0xffff_ffff);
/** 16 random bytes in hex, used once. */
const Challenge = v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/));

/**
 * Bytes of an update under way: what is fetched and what is built, each no more than a tree. JSON
 * has no infinity.
 */
const Amount = v.pipe(v.number(), v.finite(), v.minValue(0), v.maxValue(2 * MAX_TREE_BYTES));
/**
 * Milliseconds; a laptop that crawls may claim any, so only what a number can hold exactly is a
 * bound.
 */
const Milliseconds = v.pipe(
  v.number(),
  v.finite(),
  v.minValue(0),
  v.maxValue(Number.MAX_SAFE_INTEGER),
);
/** An error's code: ours have at most twenty characters. */
const Code = v.pipe(v.string(), v.maxLength(40));

export const ProgressSchema = v.strictObject({
  done: Amount,
  total: Amount,
  rate: v.optional(Amount),
  remainingMs: v.optional(Milliseconds),
});

/**
 * What a laptop is doing. `waiting`: for a better moment to take `target`. `held`: rolled back, and
 * not taking the same release again.
 */
export const StateSchema = v.picklist([
  "resting",
  "waiting",
  "fetching",
  "building",
  "checking",
  "failed",
  "held",
]);
export type LaptopState = v.InferOutput<typeof StateSchema>;

/**
 * What a laptop that is `waiting` waits for: its charger, that its lid is opened, or the end of its
 * quiet hours.
 */
export const WaitsForSchema = v.picklist(["charger", "lid", "hours"]);

/** What a laptop says of itself. */
export const ReportSchema = v.strictObject({
  id: Id8,
  name: Name,
  /** The current version; 0 when nothing is installed. */
  version: Version,
  /** The version a rollback would lead to, if there is one. */
  previous: v.optional(Version),
  state: StateSchema,
  /** The release it is on its way to; when held, the one it left. */
  target: v.optional(Version),
  progress: v.optional(ProgressSchema),
  waitsFor: v.optional(WaitsForSchema),
  /** What went wrong, for people. */
  problem: v.optional(v.strictObject({ code: Code, message: Sentence, hint: Sentence })),
  /** Ids of the teacher keys it takes orders from. */
  teachers: v.pipe(v.array(Id8), v.maxLength(16)),
});
export type Report = v.InferOutput<typeof ReportSchema>;

// Requests: either side may ask, the other answers with a `file`, a binary frame, `done` or
// `failed`.
const GetChannel = v.strictObject({ type: v.literal("get-channel"), id: RequestId });
const GetRelease = v.strictObject({
  type: v.literal("get-release"),
  id: RequestId,
  version: Version,
});
/**
 * Piece hashes `from` … of a blob, as many as fit in one piece (2,048); answered by a binary frame.
 */
const GetHashes = v.strictObject({
  type: v.literal("get-hashes"),
  id: RequestId,
  root: Hex32,
  from: Count(0, MAX_BLOB_BYTES / PIECE_BYTES),
});
const PieceIndex = Count(0, MAX_BLOB_BYTES / PIECE_BYTES);
const GetPiece = v.strictObject({
  type: v.literal("get-piece"),
  id: RequestId,
  root: Hex32,
  index: PieceIndex,
});
/**
 * Which pieces of a blob are there; answered by a binary frame, a bit a piece, of no bytes when
 * nothing is there yet. Whoever asked is told by `have` what comes later.
 */
const GetHave = v.strictObject({ type: v.literal("get-have"), id: RequestId, root: Hex32 });
/**
 * The bytes from `offset` on, at most a piece, of an installed file that has this hash, or of an
 * installed version's manifest by its tree id; answered by a binary frame, an empty one at the end.
 */
const GetContent = v.strictObject({
  type: v.literal("get-content"),
  id: RequestId,
  sha256: Hex32,
  offset: Count(0, MAX_FILE_BYTES),
});
export const RequestSchema = v.variant("type", [
  GetChannel,
  GetRelease,
  GetHashes,
  GetPiece,
  GetHave,
  GetContent,
]);
export type Request = v.InferOutput<typeof RequestSchema>;

/**
 * Asks for a delta that no release record names, as it was made later; answered by a `delta`, or by
 * `failed`: `delta-pending` while it is being made, `no-path` when it will not be.
 */
const GetDelta = v.strictObject({
  type: v.literal("get-delta"),
  id: RequestId,
  from: Version,
  to: Version,
});
export type GetDelta = v.InferOutput<typeof GetDelta>;

const FileAnswer = v.strictObject({
  type: v.literal("file"),
  id: RequestId,
  text: v.pipe(v.string(), v.maxLength(Math.max(MAX_CHAIN_BYTES, MAX_RECORD_BYTES * 3))),
});
const FailedAnswer = v.strictObject({
  type: v.literal("failed"),
  id: RequestId,
  code: Code,
  message: Sentence,
  hint: Sentence,
});
/**
 * A delta as a release record would name it, but unsigned: nothing in it is believed before it was
 * checked.
 */
const DeltaAnswer = v.strictObject({
  type: v.literal("delta"),
  id: RequestId,
  delta: BlobRecordSchema,
});
/** What was asked for is done (`offer`: everything has arrived and is stored). */
const Done = v.strictObject({ type: v.literal("done"), id: RequestId });
export const AnswerSchema = v.variant("type", [FileAnswer, DeltaAnswer, FailedAnswer, Done]);
export type Answer = v.InferOutput<typeof AnswerSchema>;

// Between laptops.
/** First message of both sides. A teacher's order must repeat the `challenge`. */
const PeerHello = v.strictObject({
  type: v.literal("hello"),
  protocol: v.literal(1),
  channel: Hex32,
  challenge: Challenge,
  report: ReportSchema,
});
/**
 * A laptop's state changed; sent to a teacher whose page is open, and to the neighbour one fetches
 * from. With a new `challenge` once an order has used up the last one.
 */
const PeerReport = v.strictObject({
  type: v.literal("report"),
  report: ReportSchema,
  challenge: v.optional(Challenge),
});
/** A teacher's order, signed for this connection; answered by `done` or `failed`. */
const PeerOrder = v.strictObject({
  type: v.literal("order"),
  id: RequestId,
  order: EnvelopeSchema,
});
export type PeerOrder = v.InferOutput<typeof PeerOrder>;
/**
 * An announcement or a query as multicast would carry it, in base64: how news passes where
 * multicast does not.
 */
const PeerPacket = v.strictObject({
  type: v.literal("packet"),
  packet: v.pipe(v.string(), v.maxLength(Math.ceil(MAX_PACKET_BYTES / 3) * 4)),
});
/** More pieces have come of the blob that the `get-have` with this number asked for. */
const Have = v.strictObject({
  type: v.literal("have"),
  id: RequestId,
  indexes: v.pipe(v.array(PieceIndex), v.minLength(1), v.maxLength(MAX_HAVE)),
});
export type Have = v.InferOutput<typeof Have>;
/** The answer to a `get-piece`, or what follows a `get-have`, is wanted no more. */
const Cancel = v.strictObject({ type: v.literal("cancel"), id: RequestId });
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
export const OrderSchema = v.strictObject({
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

// Between the page and its own agent.
export const LaptopSchema = v.strictObject({
  ...ReportSchema.entries,
  /** Milliseconds since it was last heard of; 0 while it is connected. */
  unseenMs: Milliseconds,
  /** True when it takes orders from this teacher. */
  obeys: v.boolean(),
});
export type Laptop = v.InferOutput<typeof LaptopSchema>;

/** Deltas asked of a page at a time: it makes one after another. */
export const MAX_WANTED = 4;
/**
 * A delta that connected laptops could use, and that this machine has not and cannot make: an open
 * page may have both trees.
 */
const WantedDelta = v.strictObject({
  from: Count(1, MAX_VERSION),
  to: Count(1, MAX_VERSION),
  /** Tree ids of both. */
  base: Hex32,
  target: Hex32,
  /** How many laptops are at `from`. */
  laptops: Count(1, MAX_LAPTOPS),
});
export type WantedDelta = v.InferOutput<typeof WantedDelta>;

/**
 * Everything the classroom page shows; sent whole at every change, at most a few times a second.
 */
const Classroom = v.strictObject({
  type: v.literal("classroom"),
  channel: v.optional(v.strictObject({ id: Hex32, name: Name })),
  /** This machine. */
  self: ReportSchema,
  /** The newest release in this agent's repository. */
  latest: v.optional(
    v.strictObject({
      version: Version,
      urgent: v.boolean(),
      date: v.pipe(v.string(), v.maxLength(40)),
      treeBytes: Count(0, MAX_TREE_BYTES),
      notes: v.record(v.string(), v.pipe(v.string(), v.maxLength(MAX_NOTES_CHARS))),
      /** It has been announced to the classroom. */
      announced: v.boolean(),
    }),
  ),
  laptops: v.pipe(v.array(LaptopSchema), v.maxLength(MAX_LAPTOPS)),
  /** The one that helps most laptops first. */
  wanted: v.optional(v.pipe(v.array(WantedDelta), v.maxLength(MAX_WANTED))),
  /** Where laptops that multicast does not reach find this one, and whom it was told to reach. */
  reach: v.strictObject({
    port: Port,
    addresses: v.pipe(
      v.array(v.strictObject({ interface: v.pipe(v.string(), v.maxLength(64)), host: Host })),
      v.maxLength(MAX_SHOWN_ADDRESSES),
    ),
    peers: v.pipe(
      v.array(v.strictObject({ host: Host, port: Port, connected: v.boolean() })),
      v.maxLength(MAX_TYPED_PEERS),
    ),
  }),
});
export type Classroom = v.InferOutput<typeof Classroom>;

/**
 * The page hands over a release: the agent verifies these texts, then asks the page for the blobs'
 * pieces.
 */
const Offer = v.strictObject({
  type: v.literal("offer"),
  id: RequestId,
  channel: v.pipe(v.string(), v.maxLength(MAX_CHAIN_BYTES)),
  release: v.pipe(v.string(), v.maxLength(MAX_RECORD_BYTES * 3)),
});
/**
 * The page makes a wanted delta, or does not any more: laptops that ask for it are told to wait
 * meanwhile.
 */
const PrepareDelta = v.strictObject({
  type: v.literal("prepare-delta"),
  id: RequestId,
  from: Version,
  to: Version,
  preparing: v.boolean(),
});
/** The page hands a wanted delta over: the agent asks it for the pieces. */
const OfferDelta = v.strictObject({
  type: v.literal("offer-delta"),
  id: RequestId,
  to: Version,
  delta: BlobRecordSchema,
});
const PageHello = v.strictObject({
  type: v.literal("hello"),
  protocol: v.literal(1),
  token: v.pipe(v.string(), v.maxLength(64)),
});
const UpdateClassroom = v.strictObject({ type: v.literal("update-classroom"), id: RequestId });
/** Rolls this machine back, or another laptop that obeys this teacher. */
const RollBack = v.strictObject({
  type: v.literal("roll-back"),
  id: RequestId,
  laptop: Id8,
  /** A certain version, of this machine only; else the one before. */
  to: v.optional(Count(1, MAX_VERSION)),
  force: v.optional(v.literal(true)),
});
/** This machine takes nothing newer until `resume`. */
const Hold = v.strictObject({ type: v.literal("hold"), id: RequestId });
/** Asks the neighbours for something newer now, and takes it; done when that has ended. */
const Look = v.strictObject({ type: v.literal("look"), id: RequestId });
/** Lets a held laptop take releases again. */
const Resume = v.strictObject({ type: v.literal("resume"), id: RequestId, laptop: Id8 });
/** Removes from this machine what nobody needs, and keeps the newest `keep` versions. */
const Prune = v.strictObject({ type: v.literal("prune"), id: RequestId, keep: Version });
/**
 * Repairs what is damaged in this machine's root; `from` is the absolute path of a repository on
 * it.
 */
const Repair = v.strictObject({
  type: v.literal("repair"),
  id: RequestId,
  from: v.optional(v.pipe(v.string(), v.maxLength(MAX_PATH_BYTES))),
});
/**
 * Dials a laptop that a person named, and from now on whenever this one runs; done once both have
 * said hello.
 */
const Connect = v.strictObject({
  type: v.literal("connect"),
  id: RequestId,
  host: Host,
  port: Port,
});
/** Forgets a laptop that a person named. */
const Disconnect = v.strictObject({
  type: v.literal("disconnect"),
  id: RequestId,
  host: Host,
  port: Port,
});
/** This laptop is about to sleep: done when nothing but an urgent release is listened for. */
const Sleep = v.strictObject({ type: v.literal("sleep"), id: RequestId });
/** It is awake again. */
const Wake = v.strictObject({ type: v.literal("wake"), id: RequestId });
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
const HandOver = v.strictObject({
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
