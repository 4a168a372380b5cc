/** What a stretch of time cost a class: airtime, packets by group, processor time. */
import { queryGroup, releaseGroup } from "@infield/shared/announce";
import { readCpuSeconds } from "../../harness/process-cost.ts";
import { type Airtime, readAirtime } from "../../room/medium.ts";
import type { Room } from "../../room/namespaces.ts";
import { type PacketsByGroup, readSent } from "../../room/wire.ts";
import type { LabLaptop } from "./laptops.ts";

export interface Reading {
  readonly atMs: number;
  readonly air: Airtime;
  readonly sent: PacketsByGroup;
  /** Of all agents together. */
  readonly cpuSeconds: number;
}

export function read(room: Room, laptops: readonly LabLaptop[]): Reading {
  const cpuSeconds = laptops.reduce((sum, { agent }) => sum + readCpuSeconds(agent.pid), 0);
  return { atMs: performance.now(), air: readAirtime(room), sent: readSent(room), cpuSeconds };
}

export interface Cost {
  readonly seconds: number;
  readonly airBytes: number;
  readonly airFrames: number;
  readonly dropped: number;
  readonly cpuSeconds: number;
  /** Packets sent, by what the group is for. */
  readonly sent: Readonly<Record<string, number>>;
}

export function costBetween(
  before: Reading,
  after: Reading,
  nameOf: (address: string) => string,
): Cost {
  const sent = new Map<string, number>();
  for (const [address, count] of after.sent) {
    const fresh = count - (before.sent.get(address) ?? 0);
    const name = nameOf(address);
    if (fresh > 0) sent.set(name, (sent.get(name) ?? 0) + fresh);
  }
  return {
    seconds: (after.atMs - before.atMs) / 1000,
    airBytes: after.air.bytes - before.air.bytes,
    airFrames: after.air.frames - before.air.frames,
    dropped: after.air.dropped - before.air.dropped,
    cpuSeconds: after.cpuSeconds - before.cpuSeconds,
    sent: Object.fromEntries(sent),
  };
}

/**
 * What a group of the channel is for: `release 2, IPv6`, `urgent 3, IPv4`, `queries, IPv6`; other
 * groups keep their address.
 */
export function groupNames(channelId: string, newest: number): (address: string) => string {
  const names = new Map<string, string>();
  const name = (group: { ipv4: string; ipv6: string }, what: string) => {
    names.set(group.ipv4, `${what}, IPv4`);
    names.set(canonical(group.ipv6), `${what}, IPv6`);
  };
  name(queryGroup(channelId), "queries");
  for (let version = 1; version <= newest + 1; version++) {
    name(releaseGroup(channelId, version, false), `version ${version}`);
    name(releaseGroup(channelId, version, true), `urgent ${version}`);
  }
  return (address) => names.get(address.includes(":") ? canonical(address) : address) ?? address;
}

/** One way to write an IPv6 address (RFC 5952): that of URLs. */
function canonical(ipv6: string): string {
  return new URL(`http://[${ipv6}]`).hostname.slice(1, -1);
}
