/**
 * Channel records: who may release, and who may change who may. Record N+1 is signed by N's root
 * threshold and by its own, so a laptop that pins the first record's id can follow the chain
 * through any number of untrusted hands (the idea: The Update Framework, 5.3).
 */
import { sha256 } from "@noble/hashes/sha2.js";
import * as v from "valibot";
import { fromBase64, toBase64, toHex, utf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import { MAX_CHAIN, MAX_NAME_CHARS, MAX_SIGNATURES, MAX_VERSION } from "../base/limits.ts";
import { type Envelope, EnvelopeSchema, openEnvelope, signEnvelope } from "./envelope.ts";
import { loadPublicKey, type PublicKey, type SigningKey } from "./keys.ts";
import { Count, parseRecord } from "./parse.ts";

const RoleSchema = v.strictObject({
  keys: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_SIGNATURES)),
  threshold: Count(1, MAX_SIGNATURES),
});
const ChannelRecordSchema = v.strictObject({
  infield: v.literal("channel 1"),
  name: v.pipe(v.string(), v.minLength(1), v.maxLength(MAX_NAME_CHARS)),
  /** 1 for the first record of a chain, then one more each. */
  version: Count(1, MAX_CHAIN),
  /** Public keys in base64. */
  keys: v.pipe(v.array(v.string()), v.minLength(1), v.maxLength(MAX_SIGNATURES)),
  roles: v.strictObject({ root: RoleSchema, release: RoleSchema }),
  /** Releases below this version are no longer to be installed. */
  floor: Count(0, MAX_VERSION),
});
type ChannelRecord = v.InferOutput<typeof ChannelRecordSchema>;

/** The file `channel.json` of a repository: every record of the channel, oldest first. */
export const ChainSchema = v.strictObject({
  chain: v.pipe(v.array(EnvelopeSchema), v.minLength(1), v.maxLength(MAX_CHAIN)),
});
export type Chain = v.InferOutput<typeof ChainSchema>;

export interface Role {
  readonly keys: readonly PublicKey[];
  readonly threshold: number;
}
/** What a verified chain says now. */
export interface Channel {
  /** SHA-256 of the first record's body, as 64 hex digits: what laptops pin. */
  readonly id: string;
  readonly name: string;
  /** The channel record's version, not a release's. */
  readonly version: number;
  readonly root: Role;
  readonly release: Role;
  readonly floor: number;
}

/** A new channel with one key for everything: the start for a single volunteer. */
export function createChain(name: string, key: SigningKey): Chain {
  const role = { keys: [key.publicKey.id], threshold: 1 };
  const record: ChannelRecord = {
    infield: "channel 1",
    name,
    version: 1,
    keys: [toBase64(key.publicKey.bytes)],
    roles: { root: role, release: role },
    floor: 0,
  };
  return { chain: [signEnvelope("channel", JSON.stringify(record), [key])] };
}

/**
 * Walks a chain from its first record to its last. With `pinnedId`, the first record must be that
 * one. Throws `unknown-channel`, `bad-signature`, `record-invalid`, `key-invalid`.
 */
export function verifyChain(chain: Chain, pinnedId?: string): Channel {
  const id = channelIdOf(chain);
  if (pinnedId !== undefined && id !== pinnedId) {
    throw new InfieldError(
      "unknown-channel",
      `this is channel ${id.slice(0, 16)}…, not ${pinnedId.slice(0, 16)}…`,
      "use a repository of the channel this laptop follows",
    );
  }
  let current: Channel | undefined;
  for (const envelope of chain.chain) current = verifyNext(envelope, current, id);
  if (current === undefined)
    throw new InfieldError("record-invalid", "the channel has no record", "get channel.json again");
  return current;
}

/**
 * The longer of two chains of one channel, and what it says. The shorter must be its beginning: a
 * key that a record took out can still sign another record in that one's place, and so on, so that
 * length alone says nothing. Throws what `verifyChain` throws for either, and `bad-signature` when
 * the two part.
 */
export function extendChain(
  known: Chain,
  offered: Chain,
  pinnedId: string,
): { chain: Chain; channel: Channel } {
  const [knownChannel, offeredChannel] = [
    verifyChain(known, pinnedId),
    verifyChain(offered, pinnedId),
  ];
  const common = Math.min(known.chain.length, offered.chain.length);
  for (let i = 0; i < common; i++) {
    if (known.chain[i]?.body === offered.chain[i]?.body) continue;
    throw new InfieldError(
      "bad-signature",
      `the channel's record ${i + 1} is not the one this laptop knows: one of its old keys signed another`,
      "ask the volunteer which is right; until then this laptop keeps to the one it knew first",
    );
  }
  return offered.chain.length > known.chain.length
    ? { chain: offered, channel: offeredChannel }
    : { chain: known, channel: knownChannel };
}

/** The channel id a chain claims: the hash of its first record's body. */
export function channelIdOf(chain: Chain): string {
  return toHex(sha256(utf8(chain.chain[0]?.body ?? "")));
}

export function parseChain(text: string): Chain {
  return parseRecord(ChainSchema, text, "channel.json");
}

function verifyNext(envelope: Envelope, previous: Channel | undefined, id: string): Channel {
  // The body is read before its signature is checked only to learn which keys it claims; nothing of
  // it is used before.
  const body = previous
    ? openEnvelope(envelope, "channel", previous.root.keys, previous.root.threshold)
    : envelope.body;
  const record = parseRecord(ChannelRecordSchema, body, "the channel record");
  const keys = record.keys.map(loadKey);
  const channel = {
    id,
    name: record.name,
    version: record.version,
    root: roleOf(record.roles.root, keys),
    release: roleOf(record.roles.release, keys),
    floor: record.floor,
  };
  openEnvelope(envelope, "channel", channel.root.keys, channel.root.threshold);
  const expected = (previous?.version ?? 0) + 1;
  if (record.version !== expected || record.floor < (previous?.floor ?? 0)) {
    throw new InfieldError(
      "record-invalid",
      `channel record ${expected} is missing or goes back`,
      "get channel.json again",
    );
  }
  return channel;
}

function loadKey(text: string): PublicKey {
  return loadPublicKey(fromBase64(text) ?? new Uint8Array());
}

function roleOf(role: { keys: string[]; threshold: number }, keys: readonly PublicKey[]): Role {
  const chosen = keys.filter((key) => role.keys.includes(key.id));
  return { keys: chosen, threshold: role.threshold };
}
