/** Everything that a teacher's page shows of the classroom. */
import * as v from "valibot";
import {
  MAX_LAPTOPS,
  MAX_NOTES_CHARS,
  MAX_SHOWN_ADDRESSES,
  MAX_TREE_BYTES,
  MAX_TYPED_PEERS,
  MAX_VERSION,
} from "../../base/limits.ts";
import { Count, Hex32 } from "../../records/parse.ts";
import { Host, Milliseconds, Name, Port, Version } from "./fields.ts";
import { ReportSchema } from "./report.ts";

const LaptopSchema = v.object({
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
 * A delta that connected laptops could use and that this machine neither has nor can make: an open
 * page may have both trees.
 */
const WantedDelta = v.object({
  from: Count(1, MAX_VERSION),
  to: Count(1, MAX_VERSION),
  /** Tree ids of both. */
  base: Hex32,
  target: Hex32,
  /** How many laptops are at `from`. */
  laptops: Count(1, MAX_LAPTOPS),
});
export type WantedDelta = v.InferOutput<typeof WantedDelta>;

/** The newest release in this agent's repository. */
const LatestRelease = v.object({
  version: Version,
  urgent: v.boolean(),
  date: v.pipe(v.string(), v.maxLength(40)),
  treeBytes: Count(0, MAX_TREE_BYTES),
  notes: v.record(v.string(), v.pipe(v.string(), v.maxLength(MAX_NOTES_CHARS))),
  /** It has been announced to the classroom. */
  announced: v.boolean(),
});

/** Where laptops beyond multicast find this one, and which ones it was told to reach. */
const Reach = v.object({
  port: Port,
  addresses: v.pipe(
    v.array(v.object({ interface: v.pipe(v.string(), v.maxLength(64)), host: Host })),
    v.maxLength(MAX_SHOWN_ADDRESSES),
  ),
  peers: v.pipe(
    v.array(v.object({ host: Host, port: Port, connected: v.boolean() })),
    v.maxLength(MAX_TYPED_PEERS),
  ),
});

/** Sent whole at every change, at most a few times a second. */
export const Classroom = v.object({
  type: v.literal("classroom"),
  channel: v.optional(v.object({ id: Hex32, name: Name })),
  /** This machine. */
  self: ReportSchema,
  latest: v.optional(LatestRelease),
  laptops: v.pipe(v.array(LaptopSchema), v.maxLength(MAX_LAPTOPS)),
  /** The one that helps most laptops comes first. */
  wanted: v.optional(v.pipe(v.array(WantedDelta), v.maxLength(MAX_WANTED))),
  reach: Reach,
});
export type Classroom = v.InferOutput<typeof Classroom>;
