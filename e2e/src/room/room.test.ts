/**
 * The laboratory itself: what it says of a room has to be true before it is believed about laptops.
 */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { readAirtime, shareMedium } from "./medium.ts";
import {
  inNamespace,
  LACKS_ROOMS,
  openRoom,
  type Room,
  runIn,
  type Station,
  WITH_ROOMS,
} from "./namespaces.ts";
import { countPackets, losePackets, readHeard, readSent, total } from "./wire.ts";

const GROUP = { ipv6: "ff12::8001:5", ipv4: "239.192.0.5" };

let room: Room;
afterEach(() => room?.close());

describe.skipIf(LACKS_ROOMS)(`a room ${WITH_ROOMS}`, () => {
  it("is gone when it is closed, and the next one removes what a killed maker left", async () => {
    const maker = await killMaker();
    expect(namespacesOf(maker)).not.toEqual([]);
    room = openRoom(1);
    expect(namespacesOf(maker)).toEqual([]);
    room.close();
    expect(namespacesOf(process.pid)).toEqual([]);
  });

  it("counts a packet once where it is sent, and only at the laptops that are in its group", () => {
    room = openRoom(3);
    countPackets(room);
    const [first, second, third] = room.stations as [Station, Station, Station];
    join(first);
    send(second, 5);
    expect(readSent(room)).toEqual(
      new Map([
        [GROUP.ipv6, 5],
        [GROUP.ipv4, 5],
      ]),
    );
    expect(total(readHeard(first))).toBe(10);
    expect(total(readHeard(third))).toBe(0);
  });

  it("loses packets for one receiver and not for another, each by its own chance", () => {
    room = openRoom(3);
    countPackets(room);
    const [first, second, third] = room.stations as [Station, Station, Station];
    losePackets(room, ({ number }) => (number === 1 ? 30 : 0));
    for (const one of [first, third]) join(one);
    send(second, 500);
    // Of 1000: 300, and six standard deviations of the binomial distribution.
    expect(Math.abs(700 - total(readHeard(first)))).toBeLessThan(87);
    expect(total(readHeard(third))).toBe(1000);
    losePackets(room, () => 0);
    send(second, 10);
    expect(total(readHeard(third))).toBe(1020);
  });

  it("has a medium on which each frame costs its bytes once, however many receive it", () => {
    room = openRoom(4);
    shareMedium(room, 20);
    const [, second] = room.stations as [Station, Station];
    const before = readAirtime(room);
    send(second, 100);
    const { bytes, frames, dropped } = readAirtime(room);
    // Ethernet, IPv6 and UDP headers, 5 bytes; Ethernet, IPv4 and UDP headers, 5 bytes. Else only
    // what IPv6 says of itself.
    const expected = 100 * (14 + 40 + 8 + 5) + 100 * (14 + 20 + 8 + 5);
    expect(bytes - before.bytes).toBeGreaterThanOrEqual(expected);
    expect(bytes - before.bytes).toBeLessThan(expected * 1.2);
    expect(frames - before.frames).toBeLessThan(250);
    expect(dropped).toBe(0);
  });
});

/** The process id of one that opened a room and was then killed. */
async function killMaker(): Promise<number> {
  const script = `import { openRoom } from ${JSON.stringify(fileURLToPath(new URL("namespaces.ts", import.meta.url)))};
    openRoom(1); console.log("opened"); setInterval(() => {}, 1e6);`;
  const maker = spawn(
    process.execPath,
    ["--import", "tsx", "--input-type=module", "--eval", script],
    {
      stdio: ["ignore", "pipe", "inherit"],
    },
  );
  await once(maker.stdout, "data");
  maker.kill("SIGKILL");
  await once(maker, "exit");
  return maker.pid ?? 0;
}

function namespacesOf(pid: number): string[] {
  const names = execFileSync("ip", ["netns", "list"], { encoding: "utf8" }).split("\n");
  return names.filter((name) => name.startsWith(`infield-${pid}-`));
}

/** The kernel joins the groups for the station: no program has to run there. */
function join({ namespace }: Station): void {
  for (const group of [GROUP.ipv6, GROUP.ipv4])
    runIn(namespace, ["ip", "addr", "add", group, "dev", "eth0", "autojoin"]);
}

/** Sends this many packets to each of the two groups, and ends when they are on their way. */
function send({ namespace, ipv4 }: Station, count: number): void {
  const script = `
    const { createSocket } = require("node:dgram");
    for (const [type, from, to] of [["udp6", "::%eth0", "${GROUP.ipv6}%eth0"], ["udp4", "${ipv4}", "${GROUP.ipv4}"]]) {
      const socket = createSocket(type);
      socket.bind(0, async () => {
        socket.setMulticastInterface(from);
        for (let i = 0; i < ${count}; i++) await new Promise((sent) => socket.send("hello", 7460, to, sent));
        socket.close();
      });
    }`;
  const [program, ...args] = inNamespace(namespace, process.execPath, "--eval", script);
  execFileSync(program, args, { stdio: ["ignore", "ignore", "inherit"] });
}
