/**
 * On real sockets of the loopback interface. IPv6 groups do not work there, so only IPv4 is seen
 * here.
 */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import type { Group } from "@infield/shared/announce";
import type { InfieldError } from "@infield/shared/base";
import { afterEach, describe, expect, it } from "vitest";
import {
  chooseInterfaces,
  isAddressOf,
  missingInterface,
  type NetworkInterface,
} from "../host/interfaces.ts";
import { SocketBeacon } from "./beacon.ts";
import type { Datagram } from "./datagram.ts";

const groupOf = (last: number): Group => ({ ipv4: `239.255.77.${last}`, ipv6: `ff12::${last}` });
const lo = chooseInterfaces(["lo"]);
const beacons: SocketBeacon[] = [];

async function open(port: number, interfaces: readonly NetworkInterface[] = lo) {
  const heard: Datagram[] = [];
  const problems: InfieldError[] = [];
  const waiting: (() => void)[] = [];
  const beacon = new SocketBeacon({
    port,
    onDatagram(datagram) {
      heard.push(datagram);
      for (const resolve of waiting.splice(0)) resolve();
    },
    onProblem: (problem) => void problems.push(problem),
  });
  beacons.push(beacon);
  await beacon.use(interfaces);
  const until = async (enough: () => boolean) => {
    while (!enough()) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { beacon, heard, problems, until };
}

/** A port that nothing uses: tests that run at the same time must not hear each other. */
async function freePort(): Promise<number> {
  const socket = createSocket("udp4");
  socket.bind(0);
  await once(socket, "listening");
  const { port } = socket.address();
  socket.close();
  return port;
}

afterEach(async () => {
  for (const beacon of beacons.splice(0)) await beacon.close();
});

describe("the beacon", () => {
  it("hears what comes to a joined group, counts it, and knows where it came from", async () => {
    const port = await freePort();
    const [a, b] = [await open(port), await open(port)];
    await b.beacon.join(groupOf(1));
    a.beacon.send(groupOf(1), new Uint8Array([1, 2, 3]));
    a.beacon.send(groupOf(1), new Uint8Array([4]));
    await b.until(() => b.heard.length === 2);
    expect(b.heard[0]).toEqual({
      bytes: new Uint8Array([1, 2, 3]),
      address: "127.0.0.1",
      group: "239.255.77.1",
      received: 1,
    });
    expect(b.heard[1]?.received).toBe(2);
    expect(b.beacon.groups()).toEqual(["239.255.77.1"]);
  });

  it("hears nothing of a group it is not in, though others of this machine are", async () => {
    const port = await freePort();
    const [a, b, c] = [await open(port), await open(port), await open(port)];
    await b.beacon.join(groupOf(1));
    await c.beacon.join(groupOf(2));
    for (let i = 0; i < 20; i++) a.beacon.send(groupOf(1), new Uint8Array([i]));
    a.beacon.send(groupOf(2), new Uint8Array([99]));
    await b.until(() => b.heard.length === 20);
    await c.until(() => c.heard.length > 0);
    expect(c.heard.map((datagram) => datagram.bytes[0])).toEqual([99]);
    expect(a.heard).toEqual([]);
  });

  it("hears no more of a group it has left", async () => {
    const port = await freePort();
    const [a, b] = [await open(port), await open(port)];
    await b.beacon.join(groupOf(1));
    await b.beacon.join(groupOf(2));
    b.beacon.leave(groupOf(1));
    a.beacon.send(groupOf(1), new Uint8Array([1]));
    a.beacon.send(groupOf(2), new Uint8Array([2]));
    await b.until(() => b.heard.length > 0);
    expect(b.heard.map((datagram) => datagram.bytes[0])).toEqual([2]);
  });

  it("goes on with the interfaces that work when one does not, and says which", async () => {
    const port = await freePort();
    const broken = { name: "nosuch0", ipv4: "198.51.100.9", ipv6: false, addresses: [] };
    const { beacon, heard, problems, until } = await open(port, [...lo, broken]);
    await beacon.join(groupOf(1));
    beacon.send(groupOf(1), new Uint8Array([1]));
    await until(() => heard.length === 1);
    expect(problems.map((problem) => problem.code)).toContain("network-interface");
  });

  it("tries an interface that failed again, and tells of it once", async () => {
    const broken = { name: "nosuch0", ipv4: "198.51.100.9", ipv6: false, addresses: [] };
    const { beacon, problems } = await open(await freePort(), [broken]);
    expect(await beacon.use([broken])).toBe(false);
    expect(beacon.interfaces()).toEqual([]);
    expect(problems.map((problem) => problem.code)).toEqual(["network-interface"]);
  });

  it("begins before there is an interface, and is in its groups once there is one", async () => {
    const port = await freePort();
    const [early, other] = [await open(port, []), await open(port)];
    await early.beacon.join(groupOf(1));
    early.beacon.send(groupOf(1), new Uint8Array([1]));
    expect(early.beacon.groups()).toEqual([]);
    expect(await early.beacon.use(lo)).toBe(true);
    expect(await early.beacon.use(lo)).toBe(false);
    expect([early.beacon.interfaces(), early.beacon.groups()]).toEqual([["lo"], ["239.255.77.1"]]);
    other.beacon.send(groupOf(1), new Uint8Array([2]));
    await early.until(() => early.heard.length > 0);
    await other.beacon.join(groupOf(2));
    early.beacon.send(groupOf(2), new Uint8Array([3]));
    await other.until(() => other.heard.length > 0);
    expect([...early.heard, ...other.heard].map(({ bytes }) => bytes[0])).toEqual([2, 3]);
  });

  it("follows an interface that gets another address, and forgets one that has gone", async () => {
    const port = await freePort();
    const { beacon, heard, until } = await open(port);
    await beacon.join(groupOf(1));
    const at = (ipv4: string) => [{ name: "lo", ipv4, ipv6: false, addresses: [ipv4] }];
    expect(await beacon.use(at("127.0.0.2"))).toBe(true);
    beacon.send(groupOf(1), new Uint8Array([1]));
    await until(() => heard.length > 0);
    expect(heard.map(({ address }) => address)).toEqual(["127.0.0.2"]);
    expect(await beacon.use([])).toBe(true);
    expect([beacon.interfaces(), beacon.groups()]).toEqual([[], []]);
    beacon.send(groupOf(1), new Uint8Array([2]));
    await beacon.use(at("127.0.0.2"));
    beacon.send(groupOf(1), new Uint8Array([3]));
    await until(() => heard.length > 1);
    expect(heard.map(({ bytes }) => bytes[0])).toEqual([1, 3]);
  });

  it("is in a group on any number of interfaces, though a socket can be in 20 only", async () => {
    const port = await freePort();
    const many = Array.from({ length: 25 }, (_, index) => ({
      ...{ name: `many${index}`, ipv4: `127.0.1.${index + 1}`, ipv6: false, addresses: [] },
    }));
    const { beacon, heard, problems, until } = await open(port, many);
    await beacon.join(groupOf(1));
    expect(problems).toEqual([]);
    beacon.send(groupOf(1), new Uint8Array([1]));
    await until(() => heard.length === 25);
    expect(new Set(heard.map(({ address }) => address)).size).toBe(25);
  });

  it("sends nothing, and does not fail, once it is closed", async () => {
    const { beacon } = await open(await freePort());
    await beacon.close();
    beacon.send(groupOf(1), new Uint8Array([1]));
  });
});

describe("interfaces", () => {
  const info = { netmask: "", mac: "", cidr: null };
  const found = {
    lo: [{ ...info, family: "IPv4" as const, address: "127.0.0.1", internal: true }],
    wlan0: [
      { ...info, family: "IPv4" as const, address: "192.0.2.7", internal: false },
      { ...info, family: "IPv6" as const, address: "fe80::7", internal: false, scopeid: 3 },
    ],
  };

  it("are all that are not loopback, or loopback when there is no other", () => {
    expect(chooseInterfaces(undefined, found).map((one) => one.name)).toEqual(["wlan0"]);
    expect(chooseInterfaces(undefined, { lo: found.lo }).map((one) => one.name)).toEqual(["lo"]);
  });

  it("have link-local addresses with their scope, and IPv6 groups only with one", () => {
    expect(chooseInterfaces(["wlan0", "lo"], found)).toEqual([
      { name: "wlan0", ipv4: "192.0.2.7", ipv6: true, addresses: ["192.0.2.7", "fe80::7%wlan0"] },
      { name: "lo", ipv4: "127.0.0.1", ipv6: false, addresses: ["127.0.0.1"] },
    ]);
  });

  it("that are named and not there are told of with those that are there, and not used", () => {
    expect(
      chooseInterfaces(["eth7", "constructor", "wlan0"], found).map((one) => one.name),
    ).toEqual(["wlan0"]);
    expect(missingInterface(["wlan0", "lo"], found)).toBeUndefined();
    expect(missingInterface(["eth7", "constructor", "lo"], found)).toMatchObject({
      code: "network-interface",
      message: 'there is no running network interface "eth7" or "constructor" yet',
      hint: "it is used as soon as it runs; those that run now: lo, wlan0",
    });
  });

  it("know their own addresses, with scope and without", () => {
    const wlan0 = chooseInterfaces(["wlan0"], found);
    for (const own of ["192.0.2.7", "fe80::7", "fe80::7%wlan0"])
      expect(isAddressOf(wlan0, own)).toBe(true);
    for (const other of ["127.0.0.1", "fe80::8", "", "fe80::7:1"])
      expect(isAddressOf(wlan0, other)).toBe(false);
  });
});
