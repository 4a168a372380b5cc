/**
 * Group addresses. A laptop at n listens on the groups of n+1, so the network card itself drops
 * what neighbours at n say (the idea: C. Scott Ananian, "XO in-field upgrades", June 2007).
 * docs/protocol.md, section 1.
 */

/** UDP port of all Infield groups. */
export const GROUP_PORT = 7460;

export interface Group {
  readonly ipv4: string;
  /** Without scope: always used with `%interface`. */
  readonly ipv6: string;
}

/**
 * The group on which release `version` of a channel is announced. `channelId` is hex, of which the
 * first 48 bits count.
 */
export function releaseGroup(channelId: string, version: number, urgent: boolean): Group {
  const twelve = Number.parseInt(channelId.slice(0, 3), 16);
  const flags = (urgent ? 0x9000_0000 : 0x8000_0000) + twelve * 0x1_0000 + (version % 0x1_0000);
  const channel5 = Number.parseInt(channelId.slice(0, 2), 16) >> 3;
  return {
    ipv6: ipv6Group(channelId, flags),
    ipv4: ipv4Group(((urgent ? 1 : 0) << 17) | (channel5 << 12) | (version % 0x1000)),
  };
}

/**
 * The group on which awake laptops ask: joined after waking, left before sleep. It never shares a
 * MAC address with a release's: bit 29 is set in IPv6, and IPv4 takes 239.255.0.0/16 (RFC 2365,
 * 6.1), as releases use up their 18 bits.
 */
export function queryGroup(channelId: string): Group {
  const twelve = Number.parseInt(channelId.slice(0, 3), 16);
  const [high, low] = [channelId.slice(0, 2), channelId.slice(2, 4)].map((hex) =>
    Number.parseInt(hex, 16),
  );
  return {
    ipv6: ipv6Group(channelId, 0xa000_0000 + twelve * 0x1_0000),
    ipv4: `239.255.${high}.${low}`,
  };
}

/**
 * The MAC address that a group becomes on Ethernet and Wi-Fi: what a network card filters by (RFC
 * 2464, 7; RFC 1112, 6.4).
 */
export function macOf(group: Group): { ipv6: string; ipv4: string } {
  const words = group.ipv6.split(":").slice(-2);
  const low = words.map((word) => word.padStart(4, "0")).join("");
  const [, second = 0, third = 0, fourth = 0] = group.ipv4.split(".").map(Number);
  const hex = (byte: number) => byte.toString(16).padStart(2, "0");
  return {
    ipv6: `33:33:${low.match(/../g)?.join(":")}`,
    ipv4: `01:00:5e:${[second & 0x7f, third, fourth].map(hex).join(":")}`,
  };
}

function ipv6Group(channelId: string, group: number): string {
  const words = [channelId.slice(0, 4), channelId.slice(4, 8), channelId.slice(8, 12)].map(
    trimWord,
  );
  return `ff12:0:0:${words.join(":")}:${(group >>> 16).toString(16)}:${(group & 0xffff).toString(16)}`;
}

/** 18 bits inside 239.192.0.0/14, of which all reach the MAC address (23 bits do). */
function ipv4Group(bits: number): string {
  return `239.${192 + (bits >> 16)}.${(bits >> 8) & 0xff}.${bits & 0xff}`;
}

function trimWord(hex: string): string {
  return Number.parseInt(hex, 16).toString(16);
}
