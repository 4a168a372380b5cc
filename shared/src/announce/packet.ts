/**
 * The two datagrams (docs/protocol.md, section 2). An announcement says "release n of this channel
 * exists and I have it": signed once by the volunteer, relayed unchanged by every laptop. A query
 * says "I am awake, at version n; who has more?".
 */
import { concatBytes, fromHex, toHex, utf8 } from "../base/bytes.ts";
import { MAX_RECORD_BYTES } from "../base/limits.ts";
import type { Channel } from "../records/channel.ts";
import { signedBytes } from "../records/envelope.ts";
import { type SigningKey, signBytes, verifyBytes } from "../records/keys.ts";

const ANNOUNCEMENT_MAGIC = utf8("INFA");
const QUERY_MAGIC = utf8("INFQ");
const PACKET_VERSION = 1;
const URGENT = 1;
const CLASSROOM = 1;
const PARTIAL = 1;

/** Bytes of the signed part, of key id and signature, and of the hint that names the sender. */
const BODY_BYTES = 54;
const SIGNED_BYTES = BODY_BYTES + 8 + 64;
const SENDER_BYTES = 10;
/** An announcement: the signed part, the sender, and how much of the release the sender has. */
const ANNOUNCEMENT_BYTES = SIGNED_BYTES + SENDER_BYTES + 1;
const QUERY_BYTES = 28;

/** What a volunteer signs about a release. */
export interface ReleaseSummary {
  /** First 8 bytes of the channel id, as 16 hex digits. */
  readonly channel: string;
  readonly version: number;
  readonly urgent: boolean;
  /** SHA-256 of the release record's body. */
  readonly recordHash: Uint8Array;
  /** Bytes of the release record's body: bounded before it is fetched. */
  readonly recordBytes: number;
}

/**
 * Who sends a packet: unsigned, so only a hint. Only the packet's source address is ever dialled.
 */
export interface Sender {
  /** TCP port of the peer listener. */
  readonly port: number;
  /** 8 bytes that name the laptop, as 16 hex digits: to know one's own packets again. */
  readonly id: string;
}

export interface Announcement extends ReleaseSummary {
  /** The signed part with its signature, as it is relayed and stored. */
  readonly signed: Uint8Array;
  readonly sender: Sender;
  /** The sender is still fetching it, and has some of its pieces: a hint, like the sender. */
  readonly partial: boolean;
}

export interface Query {
  readonly channel: string;
  /**
   * The asker wants something newer than this: what it has, or what it holds against; 0 when it has
   * nothing.
   */
  readonly version: number;
  /** A teacher's page is open there: awake laptops should connect and report. */
  readonly classroom: boolean;
  readonly sender: Sender;
}

/** Signs a release summary: the 126 bytes that are stored in the release file and relayed. */
export function signAnnouncement(summary: ReleaseSummary, key: SigningKey): Uint8Array {
  const body = new Uint8Array(BODY_BYTES);
  const view = new DataView(body.buffer);
  body.set(ANNOUNCEMENT_MAGIC);
  body[4] = PACKET_VERSION;
  body[5] = summary.urgent ? URGENT : 0;
  body.set(idPrefix(summary.channel), 6);
  view.setUint32(14, summary.version);
  body.set(summary.recordHash, 18);
  view.setUint32(50, summary.recordBytes);
  const signature = signBytes(key, signedBytes("announce", body));
  return concatBytes([body, idPrefix(key.publicKey.id), signature]);
}

/** The packet: the signed part, then the hints. */
export function formatAnnouncement(
  signed: Uint8Array,
  sender: Sender,
  partial = false,
): Uint8Array {
  return concatBytes([signed, formatSender(sender), Uint8Array.of(partial ? PARTIAL : 0)]);
}

/**
 * Reads a packet without verifying it (rule 2.4: cheap checks first); undefined when it is not an
 * announcement.
 */
export function parseAnnouncement(packet: Uint8Array): Announcement | undefined {
  const flags = packet[ANNOUNCEMENT_BYTES - 1] ?? 0;
  if (packet.length !== ANNOUNCEMENT_BYTES || flags > PARTIAL) return undefined;
  const summary = readSummary(packet.subarray(0, SIGNED_BYTES));
  const sender = parseSender(packet.subarray(SIGNED_BYTES));
  return summary && { ...summary, sender, partial: flags === PARTIAL };
}

/** Reads the stored, signed part of an announcement. */
export function readSummary(
  signed: Uint8Array,
): (ReleaseSummary & { signed: Uint8Array }) | undefined {
  if (signed.length !== SIGNED_BYTES || !startsWith(signed, ANNOUNCEMENT_MAGIC)) return undefined;
  const flags = signed[5] ?? 0;
  const view = new DataView(signed.buffer, signed.byteOffset, signed.byteLength);
  const recordBytes = view.getUint32(50);
  if (signed[4] !== PACKET_VERSION || flags > URGENT || recordBytes > MAX_RECORD_BYTES)
    return undefined;
  return {
    channel: toHex(signed.subarray(6, 14)),
    version: view.getUint32(14),
    urgent: flags === URGENT,
    recordHash: signed.slice(18, 50),
    recordBytes,
    signed: signed.slice(),
  };
}

/**
 * True when one of the channel's release keys signed it. One signature is enough to be worth a
 * connection; the full threshold is asked of the release record itself.
 */
export function isSignedBy(signed: Uint8Array, channel: Channel): boolean {
  const key = channel.release.keys.find((candidate) => candidate.id === signerOf(signed));
  if (key === undefined) return false;
  return verifyBytes(
    key,
    signedBytes("announce", signed.subarray(0, BODY_BYTES)),
    signed.subarray(BODY_BYTES + 8),
  );
}

/**
 * Id of the key that is said to have signed it: a key this laptop does not know may be one of a
 * newer channel record.
 */
export function signerOf(signed: Uint8Array): string {
  return toHex(signed.subarray(BODY_BYTES, BODY_BYTES + 8));
}

export function formatQuery(query: Query): Uint8Array {
  const packet = new Uint8Array(QUERY_BYTES);
  packet.set(QUERY_MAGIC);
  packet[4] = PACKET_VERSION;
  packet[5] = query.classroom ? CLASSROOM : 0;
  packet.set(idPrefix(query.channel), 6);
  new DataView(packet.buffer).setUint32(14, query.version);
  packet.set(formatSender(query.sender), 18);
  return packet;
}

export function parseQuery(packet: Uint8Array): Query | undefined {
  const flags = packet[5] ?? 0;
  if (packet.length !== QUERY_BYTES || !startsWith(packet, QUERY_MAGIC)) return undefined;
  if (packet[4] !== PACKET_VERSION || flags > CLASSROOM) return undefined;
  return {
    channel: toHex(packet.subarray(6, 14)),
    version: new DataView(packet.buffer, packet.byteOffset).getUint32(14),
    classroom: flags === CLASSROOM,
    sender: parseSender(packet.subarray(18)),
  };
}

function formatSender(sender: Sender): Uint8Array {
  const hints = new Uint8Array(SENDER_BYTES);
  new DataView(hints.buffer).setUint16(0, sender.port);
  hints.set(idPrefix(sender.id), 2);
  return hints;
}

function parseSender(hints: Uint8Array): Sender {
  return { port: ((hints[0] ?? 0) << 8) | (hints[1] ?? 0), id: toHex(hints.subarray(2, 10)) };
}

/** 8 bytes of an id given in hex: the prefix of a channel id, a key id, a laptop id. */
function idPrefix(hex: string): Uint8Array {
  const bytes = fromHex(hex.slice(0, 16), 8);
  if (bytes === undefined) throw new TypeError("an id is at least 16 hex digits");
  return bytes;
}

function startsWith(bytes: Uint8Array, magic: Uint8Array): boolean {
  return magic.every((byte, i) => bytes[i] === byte);
}
