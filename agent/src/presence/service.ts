/**
 * What a laptop says of itself by DNS-SD (RFC 6763): an instance of `_infield._tcp` with four short
 * TXT keys, never data; and the reading of what others say, which anybody on the network may have
 * made up (docs/protocol.md, section 7).
 */
import { MAX_NAME_CHARS, MAX_VERSION } from "@infield/shared/base";

export const SERVICE_TYPE = "_infield._tcp";
/** The name that a browser asks for: whoever has an instance answers. */
export const SERVICE_DOMAIN = `${SERVICE_TYPE}.local`;

/** Version of the four keys. Rule 7.3: others are not read. */
const TXT_VERSION = "1";
/**
 * Bytes of a label (RFC 1035, 2.3.4), less the laptop id and what a responder adds to a name that
 * is taken, as ` #10`.
 */
const NAME_BYTES = 63 - " 8f14e45fceea167a".length - " (10)".length;
/** Digits of the channel id that are told: as many as are in a packet. */
const CHANNEL_DIGITS = 16;

export interface Service {
  /** One label: the laptop's name, shortened, and its id. */
  readonly instance: string;
  /** TCP port of the peer listener. */
  readonly port: number;
  /** `key=value`, each at most 255 bytes of UTF-8. */
  readonly txt: readonly string[];
}

/** What the TXT record of an instance says. */
export interface Said {
  readonly name: string;
  readonly release: number;
}

interface Laptop extends Said {
  /** 16 hex digits. */
  readonly id: string;
  /** 64 hex digits. */
  readonly channelId: string;
  readonly peerPort: number;
}

/** Rules 7.2 and 7.3. */
export function describeService({ id, channelId, peerPort, release, name }: Laptop): Service {
  // A dot within a label is legal, but most programs show names as if dots came between labels.
  const label = cutBytes(name.replaceAll(".", " "), NAME_BYTES).trim();
  return {
    instance: `${label} ${id}`.trim(),
    port: peerPort,
    txt: [
      `txtvers=${TXT_VERSION}`,
      `channel=${channelId.slice(0, CHANNEL_DIGITS)}`,
      `release=${release}`,
      // 80 characters have 240 bytes at the most, and a string may have 255 (RFC 6763, 6.1).
      `name=${name}`,
    ],
  };
}

/**
 * The laptop id in a name of an instance, `desk 4 8f14e45fceea167a._infield._tcp.local`; undefined
 * when it is none of ours.
 */
export function readLaptopId(instanceDomain: string): string | undefined {
  const end = `.${SERVICE_DOMAIN}`;
  if (!instanceDomain.endsWith(end)) return undefined;
  // Whoever finds the name taken appends to it: avahi ` #2`, others ` (2)`. A name with a dot could
  // not be asked for again.
  return /^(?:[^.]* )?([0-9a-f]{16})(?: #\d{1,3}| \(\d{1,3}\))?$/.exec(
    instanceDomain.slice(0, -end.length),
  )?.[1];
}

/**
 * Rule 7.4. Undefined for another channel, another version of the keys, or anything that is not as
 * `describeService` writes it.
 */
export function readTxt(strings: readonly Uint8Array[], channelId: string): Said | undefined {
  const values = readKeys(strings);
  if (values?.get("txtvers") !== TXT_VERSION) return undefined;
  if (values.get("channel") !== channelId.slice(0, CHANNEL_DIGITS)) return undefined;
  const [release, name] = [values.get("release"), values.get("name")];
  if (
    release === undefined ||
    !/^(?:0|[1-9]\d{0,9})$/.test(release) ||
    Number(release) > MAX_VERSION
  )
    return undefined;
  if (name === undefined || name.length > MAX_NAME_CHARS || /\p{Cc}/u.test(name)) return undefined;
  return { release: Number(release), name };
}

/**
 * Undefined when a string is no UTF-8. Of a key that comes twice the first counts (RFC 6763, 6.4).
 */
function readKeys(strings: readonly Uint8Array[]): Map<string, string> | undefined {
  const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
  const values = new Map<string, string>();
  try {
    for (const string of strings) {
      const [, key, value] = /^([^=]+)=(.*)$/su.exec(utf8.decode(string)) ?? [];
      if (key !== undefined && value !== undefined && !values.has(key.toLowerCase()))
        values.set(key.toLowerCase(), value);
    }
  } catch {
    return undefined;
  }
  return values;
}

/** The longest beginning of whole characters that has at most `bytes` bytes of UTF-8. */
function cutBytes(text: string, bytes: number): string {
  let [cut, left] = ["", bytes];
  for (const character of text) {
    left -= Buffer.byteLength(character);
    if (left < 0) break;
    cut += character;
  }
  return cut;
}
