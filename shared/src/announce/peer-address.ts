/**
 * Addresses of laptops as people write them: what a teacher reads out, types, or shows as a QR
 * code. Nothing here looks a name up or connects to anything.
 */
import { InfieldError } from "../base/errors.ts";

/** TCP port of the neighbours' listener, unless an agent was given another. */
export const PEER_PORT = 7461;
/** Bytes of a name in the DNS (RFC 1035, 2.3.4), with room for an interface's name behind a `%`. */
export const MAX_HOST_CHARS = 280;

/**
 * Where a laptop may be reached: a name, an IPv4 address, or an IPv6 address, link-local ones with
 * their `%interface`.
 */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

interface TypedAddress extends PeerAddress {
  /** The first 16 digits of the channel's id, where they were given. */
  readonly channel?: string;
}

/** `HOST`, `HOST:PORT`, `IPV6`, `[IPV6]:PORT`, each also as `infield:…?channel=…`. */
const FORM =
  /^(?:infield:)?(?:\[([^\]]+)\]|([^\s:/?[\]]+))(?::(\d{1,5}))?(?:\?channel=([0-9a-f]{16}))?$/;
const HOST = /^[\p{L}\p{M}\p{N}._-]+$/u;
const IPV6 = /^(?=.*:.*:)[0-9a-fA-F:.]+(?:%[\w.-]+)?$/;

/** Reads an address. Throws `usage` for what is none. */
export function parsePeerAddress(text: string): TypedAddress {
  const trimmed = text.trim();
  // Without brackets, what follows the last colon of an IPv6 address is a part of it.
  const [, inBrackets, plain, port, channel] =
    FORM.exec(IPV6.test(trimmed) ? `[${trimmed}]` : trimmed) ?? [];
  const host = inBrackets ?? plain ?? "";
  const isHost = inBrackets === undefined ? HOST.test(host) : IPV6.test(host);
  const number = Number(port ?? PEER_PORT);
  if (!isHost || host.length > MAX_HOST_CHARS || number < 1 || number > 65_535)
    throw notAnAddress(trimmed);
  return { host, port: number, ...(channel !== undefined && { channel }) };
}

/** The shortest text that `parsePeerAddress` reads back; the usual port is left out. */
export function formatPeerAddress({ host, port }: PeerAddress): string {
  if (port === PEER_PORT) return host;
  return `${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** What a QR code holds: the address whole, and whose channel it is. */
export function formatPeerUri({ host, port }: PeerAddress, channelId: string): string {
  return `infield:${host.includes(":") ? `[${host}]` : host}:${port}?channel=${channelId.slice(0, 16)}`;
}

function notAnAddress(text: string): InfieldError {
  return new InfieldError(
    "usage",
    `${JSON.stringify(text.slice(0, 100))} is not the address of a laptop`,
    "write it as the teacher's page shows it, for instance 192.168.1.7, or desk4.local:7461",
  );
}
