/**
 * The air of a room: one medium that all share and where one speaks at a time. What every port
 * takes in goes through one queue of the given rate and only then onto the bridge, so that a frame
 * costs airtime once, whether one laptop or all receive it. Who has something to send gets a turn
 * (as with CSMA/CA); what a laptop sends waits in one line for each laptop it is for, and does not
 * get lost there, as in a wireless card's driver.
 */
import { type Room, runIn, type Station } from "./namespaces.ts";

/** An intermediate device: its queue is the medium. */
const DEVICE = "medium";
/** Bytes that may wait in one line: four times what one laptop asks another for at a time. */
const LINE_BYTES = 1 << 20;
/** A frame a turn; after a pause, two. */
const TURN = "burst 3028b cburst 3028b quantum 1514";
const WHOLE = "1:ffff";
/** Stations are numbered from 1, to 250: the line for groups, and all else, comes after. */
const GROUPS = 255;

export interface Airtime {
  readonly bytes: number;
  readonly frames: number;
  /** Frames that found their line full: 0, or the figures are not those of a medium. */
  readonly dropped: number;
}

/**
 * Puts the medium between the stations. Mbit/s of what the frames hold, headers of Ethernet
 * included.
 */
export function shareMedium({ air, stations }: Room, mbitPerSecond: number): void {
  const share = (parts: number) =>
    `rate ${Math.ceil((mbitPerSecond * 1e6) / parts)}bit ceil ${mbitPerSecond}mbit`;
  runIn(air, ["ip", "-batch", "-"], `link add ${DEVICE} type ifb\nlink set ${DEVICE} up\n`);
  const addStation = ({ number, mac, port }: Station) => [
    addClass(WHOLE, place(number, 0), share(stations.length)),
    addFilter("1:", `match ether src ${mac}`, place(number, 0)),
    ...stations.flatMap((to) =>
      addLine(number, to.number, `match ether dst ${to.mac}`, share(stations.length ** 2)),
    ),
    ...addLine(number, GROUPS, "match u32 0 0", share(stations.length ** 2)),
    `qdisc add dev ${port} clsact`,
    `filter add dev ${port} ingress protocol all u32 match u32 0 0 action mirred egress redirect dev ${DEVICE}`,
  ];
  const lines = [
    `qdisc add dev ${DEVICE} root handle 1: htb`,
    addClass("1:", WHOLE, share(1)),
    ...stations.flatMap(addStation),
  ];
  runIn(air, ["tc", "-batch", "-"], `${lines.join("\n")}\n`);
}

/**
 * A line of frames from one station, for one other or for groups. The first filter that matches
 * counts.
 */
function addLine(from: number, to: number, match: string, rate: string): string[] {
  const [station, line] = [place(from, 0), place(from, to)];
  return [
    addClass(station, line, rate),
    `qdisc add dev ${DEVICE} parent ${line} bfifo limit ${LINE_BYTES}`,
    addFilter(station, match, line, to === GROUPS ? 2 : 1),
  ];
}

function addClass(parent: string, id: string, rate: string): string {
  return `class add dev ${DEVICE} parent ${parent} classid ${id} htb ${rate} ${TURN}`;
}

function addFilter(parent: string, match: string, to: string, priority = 1): string {
  return `filter add dev ${DEVICE} parent ${parent} protocol all prio ${priority} u32 ${match} flowid ${to}`;
}

function place(from: number, to: number): string {
  return `1:${(from * 256 + to).toString(16)}`;
}

/** What went over the medium since it was made. */
export function readAirtime({ air }: Room): Airtime {
  const text = runIn(air, ["tc", "-s", "-j", "qdisc", "show", "dev", DEVICE]);
  const queues = JSON.parse(text) as {
    kind: string;
    bytes: number;
    packets: number;
    drops: number;
  }[];
  const whole = queues.find(({ kind }) => kind === "htb");
  const dropped = queues.reduce((sum, { kind, drops }) => sum + (kind === "bfifo" ? drops : 0), 0);
  return { bytes: whole?.bytes ?? 0, frames: whole?.packets ?? 0, dropped };
}
