/**
 * What packet filters do in a room: lose packets, for each receiver by its own chance, and count
 * announcements by group.
 */
import { GROUP_PORT } from "@infield/shared/announce";
import { type Room, runIn, type Station } from "./namespaces.ts";

/** Packets by the group they were sent to. */
export type PacketsByGroup = ReadonlyMap<string, number>;

const TABLE = "infield";
const LOSS_TABLE = "infield-loss";
/** Groups that are told apart. */
const MAX_GROUPS = 4096;
/** Loss is said in tenths of a per cent. */
const WHOLE = 1000;

/** Two sets of groups, and the rules that count what goes to one of them. */
const COUNTED = `
  set ipv6 { type ipv6_addr; flags dynamic; size ${MAX_GROUPS}; counter; }
  set ipv4 { type ipv4_addr; flags dynamic; size ${MAX_GROUPS}; counter; }
  counter connections { }`;
const COUNT = `
    ip6 daddr ff00::/8 udp dport ${GROUP_PORT} update @ipv6 { ip6 daddr counter }
    ip daddr 224.0.0.0/4 udp dport ${GROUP_PORT} update @ipv4 { ip daddr counter }
    meta l4proto tcp counter name connections`;

/**
 * Begins to count what is sent, once a packet, and what each laptop hears: what its own groups let
 * through.
 */
export function countPackets(room: Room): void {
  const count = (namespace: string, family: string, hook: string) =>
    runIn(
      namespace,
      ["nft", "-f", "-"],
      `table ${family} ${TABLE} {${COUNTED}
  chain counted { type filter hook ${hook} priority 0;${COUNT}
  }
}
`,
    );
  count(room.air, "bridge", "prerouting");
  for (const { namespace } of room.stations) count(namespace, "inet", "input");
}

export function readSent(room: Room): PacketsByGroup {
  return readGroups(room.air, "bridge");
}

export function readHeard({ namespace }: Station): PacketsByGroup {
  return readGroups(namespace, "inet");
}

/**
 * Bytes that came to a laptop over connections, with all headers, acknowledgements and what came
 * twice.
 */
export function readConnectionBytes({ namespace }: Station): number {
  const text = runIn(namespace, ["nft", "-j", "list", "counter", "inet", TABLE, "connections"]);
  const { nftables } = JSON.parse(text) as { nftables: { counter?: { bytes: number } }[] };
  return nftables.reduce((sum, { counter }) => sum + (counter?.bytes ?? 0), 0);
}

export function total(packets: PacketsByGroup): number {
  return [...packets.values()].reduce((sum, count) => sum + count, 0);
}

/** From now on every packet to a station is lost with this chance, in place of any other loss. */
export function losePackets(room: Room, percentOf: (station: Station) => number): void {
  const lines = [
    `add table bridge ${LOSS_TABLE}`,
    `add chain bridge ${LOSS_TABLE} lost { type filter hook forward priority 1; }`,
    `flush chain bridge ${LOSS_TABLE} lost`,
  ];
  for (const station of room.stations) {
    const chance = Math.round((percentOf(station) / 100) * WHOLE);
    const draw = `oifname ${station.port} numgen random mod ${WHOLE} < ${chance} drop`;
    if (chance > 0) lines.push(`add rule bridge ${LOSS_TABLE} lost ${draw}`);
  }
  runIn(room.air, ["nft", "-f", "-"], `${lines.join("\n")}\n`);
}

function readGroups(namespace: string, family: string): PacketsByGroup {
  return new Map(["ipv6", "ipv4"].flatMap((set) => readSet(namespace, family, set)));
}

/** What `nft -j list set` prints, as far as it is used here. */
interface Listing {
  readonly nftables: readonly { readonly set?: { readonly elem?: readonly Counted[] } }[];
}
interface Counted {
  readonly elem: { readonly val: string; readonly counter: { readonly packets: number } };
}

function readSet(namespace: string, family: string, set: string): (readonly [string, number])[] {
  const text = runIn(namespace, ["nft", "-j", "list", "set", family, TABLE, set]);
  const counted = (JSON.parse(text) as Listing).nftables.flatMap((one) => one.set?.elem ?? []);
  return counted.map(({ elem }) => [elem.val, elem.counter.packets] as const);
}
