/**
 * Release records: version n of a channel is this tree, with these notes, and these blobs lead to
 * it.
 */
import { sha256 } from "@noble/hashes/sha2.js";
import * as v from "valibot";
import { utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import {
  MAX_BLOB_BYTES,
  MAX_BLOBS,
  MAX_DATA_FORMAT,
  MAX_ENTRIES,
  MAX_HEALTH_SECONDS,
  MAX_NOTES_CHARS,
  MAX_PATH_BYTES,
  MAX_TREE_BYTES,
  MAX_VERSION,
} from "../base/limits.ts";
import { invalidPathReason } from "../tree/path.ts";
import type { Channel } from "./channel.ts";
import { EnvelopeSchema, openEnvelope } from "./envelope.ts";
import { Count, Hex32, parseRecord } from "./parse.ts";

export const BlobRecordSchema = v.strictObject({
  /** The version whose tree is the base; 0 is the empty tree. */
  from: Count(0, MAX_VERSION),
  base: Hex32,
  bytes: Count(1, MAX_BLOB_BYTES),
  root: Hex32,
  /** Memory its decoder needs, in bytes. */
  decoderBytes: Count(0, 2 ** 32),
  /** Bytes of the files that the base does not have. The others can be shared with it. */
  writtenBytes: Count(0, MAX_TREE_BYTES),
  /** Those files, and all directories and links. */
  writtenEntries: Count(0, MAX_ENTRIES),
});
/** A delta made for this release. */
export type BlobRecord = v.InferOutput<typeof BlobRecordSchema>;

export const HealthSchema = v.strictObject({
  /** An executable file of the tree, run without arguments. */
  path: v.pipe(
    v.string(),
    v.maxLength(MAX_PATH_BYTES),
    v.check((path) => invalidPathReason(path) === undefined, "not a path inside the tree"),
  ),
  seconds: Count(1, MAX_HEALTH_SECONDS),
});

const ReleaseRecordSchema = v.strictObject({
  infield: v.literal("release 1"),
  channel: Hex32,
  version: Count(1, MAX_VERSION),
  tree: Hex32,
  treeBytes: Count(0, MAX_TREE_BYTES),
  entries: Count(0, MAX_ENTRIES),
  /** Format of the tree's manifest; 1 when left out. */
  treeFormat: v.optional(v.literal(2)),
  /**
   * The tree holds setuid files, capabilities or foreign owners: only an agent with `--system` may
   * install it.
   */
  needsSystem: v.boolean(),
  /** The tree holds extended attributes, which a laptop and its disk must be able to set. */
  needsXattrs: v.optional(v.literal(true)),
  urgent: v.boolean(),
  /** When it was made, for people to read: clocks are wrong, so nothing is decided by it. */
  date: v.pipe(v.string(), v.isoTimestamp()),
  /** Notes by language (BCP 47). */
  notes: v.record(
    v.pipe(v.string(), v.maxLength(35)),
    v.pipe(v.string(), v.maxLength(MAX_NOTES_CHARS)),
  ),
  health: v.optional(HealthSchema),
  /** Number of the format in which the tree's programs keep people's data; 0 when left out. */
  dataFormat: v.optional(Count(0, MAX_DATA_FORMAT)),
  blobs: v.pipe(v.array(BlobRecordSchema), v.maxLength(MAX_BLOBS)),
});
export type ReleaseRecord = v.InferOutput<typeof ReleaseRecordSchema>;

/**
 * The file `releases/<n>.json`: the signed record, and the announcement that the volunteer signed
 * with it (base64); empty where the genuine one is not known, and then nobody is told of the
 * release.
 */
export const ReleaseFileSchema = v.strictObject({
  release: EnvelopeSchema,
  announcement: v.union([v.literal(""), v.pipe(v.string(), v.base64(), v.maxLength(400))]),
});
export type ReleaseFile = v.InferOutput<typeof ReleaseFileSchema>;

/** A release: its file, and the record in it, which was verified now or when it was stored. */
export interface Release {
  readonly file: ReleaseFile;
  readonly record: ReleaseRecord;
}

export function parseReleaseFile(text: string): ReleaseFile {
  return parseRecord(ReleaseFileSchema, text, "the release file");
}

/**
 * The record of a release file, once the channel's release role has signed it. Throws
 * `bad-signature`, `record-invalid`, `unknown-channel`, `release-too-old` (below the channel's
 * floor).
 */
export function verifyRelease(file: ReleaseFile, channel: Channel): ReleaseRecord {
  const body = openEnvelope(
    file.release,
    "release",
    channel.release.keys,
    channel.release.threshold,
  );
  const record = parseRecord(ReleaseRecordSchema, body, "the release record");
  if (record.channel !== channel.id) {
    throw new InfieldError(
      "unknown-channel",
      "the release is of another channel",
      "get the release of this channel",
    );
  }
  if (record.version < channel.floor) {
    throw new InfieldError(
      "release-too-old",
      `version ${record.version} is below the channel's floor ${channel.floor}`,
      "take a newer release",
    );
  }
  return record;
}

/**
 * The record of a release that was verified when it was stored: the channel's keys and floor may
 * have moved on since.
 */
export function readStoredRecord(file: ReleaseFile): ReleaseRecord {
  return parseRecord(ReleaseRecordSchema, file.release.body, "the release record");
}

/** What the announcement names a release by: SHA-256 of the exact body that was signed. */
export function releaseHash(file: ReleaseFile): Uint8Array {
  return sha256(utf8(file.release.body));
}
