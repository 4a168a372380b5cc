/**
 * The air of a room: one medium that all share and where one speaks at a time. What every port takes in goes through one queue
 * of the given rate and only then onto the bridge, so that a frame costs airtime once, whether one laptop or all receive it. Who has
 * something to send gets a turn (as with CSMA/CA), and waits rather than loses: a card does not throw away what its own laptop sends.
 */
import { type Room, runIn } from "./namespaces.ts";

/** An intermediate device: its queue is the medium. */
const DEVICE = "medium";
/** Bytes that a station may have waiting: what thirty connections send at once at their beginning (RFC 6928), and some. */
const QUEUE_BYTES = 1 << 20;
/** One frame a turn. */
const TURN_BYTES = 1514;
/** What may go out at once after a pause: two frames, so that the rate is the rate. */
const BURST_BYTES = 3028;
const WHOLE = "1:ffff";

export interface Airtime {
  readonly bytes: number;
  readonly frames: number;
  /** Frames that found a station's queue full: 0, or the figures are not those of a medium. */
  readonly dropped: number;
}

/** Puts the medium between the stations. Mbit/s of what the frames hold, headers of Ethernet included. */
export function shareMedium(room: Room, mbitPerSecond: number): void {
  const each = (mbitPerSecond * 1000) / room.stations.length;
  const queue = (bytes: number) => `burst ${bytes}b cburst ${bytes}b quantum ${TURN_BYTES}`;
  runIn(room.air, ["ip", "-batch", "-"], `link add ${DEVICE} type ifb\nlink set ${DEVICE} up\n`);
  const lines = [
    `qdisc add dev ${DEVICE} root handle 1: htb`,
    `class add dev ${DEVICE} parent 1: classid ${WHOLE} htb rate ${mbitPerSecond}mbit ${queue(BURST_BYTES)}`,
    ...room.stations.flatMap(({ port, mac, number }) => {
      const own = `1:${number.toString(16)}`;
      return [
        `class add dev ${DEVICE} parent ${WHOLE} classid ${own} htb rate ${Math.floor(each)}kbit ceil ${mbitPerSecond}mbit ${queue(BURST_BYTES)}`,
        `qdisc add dev ${DEVICE} parent ${own} bfifo limit ${QUEUE_BYTES}`,
        `filter add dev ${DEVICE} parent 1: protocol all u32 match ether src ${mac} flowid ${own}`,
        `qdisc add dev ${port} clsact`,
        `filter add dev ${port} ingress protocol all u32 match u32 0 0 action mirred egress redirect dev ${DEVICE}`,
      ];
    }),
  ];
  runIn(room.air, ["tc", "-batch", "-"], `${lines.join("\n")}\n`);
}

/** What went over the medium since it was made. */
export function readAirtime(room: Room): Airtime {
  const text = runIn(room.air, ["tc", "-s", "-j", "qdisc", "show", "dev", DEVICE]);
  const queues = JSON.parse(text) as { kind: string; bytes: number; packets: number; drops: number }[];
  const whole = queues.find(({ kind }) => kind === "htb");
  const dropped = queues.reduce((sum, { kind, drops }) => sum + (kind === "bfifo" ? drops : 0), 0);
  return { bytes: whole?.bytes ?? 0, frames: whole?.packets ?? 0, dropped };
}
