/** On real sockets, on loopback: what gets as far as being parsed. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { encode, type Packet } from "dns-packet";
import { afterEach, expect, it } from "vitest";
import { chooseInterfaces } from "../host/interfaces.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { type MdnsSocket, openMdnsSocket } from "./mdns-socket.ts";
import { SERVICE_DOMAIN } from "./service.ts";

const sockets: MdnsSocket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) await socket.close();
});

/** Names asked for, of this test alone: others of this machine may speak multicast DNS too. */
async function open(interfaces = chooseInterfaces(["lo"])) {
  const clock = createFakeClock();
  const heard: { name: string; address?: string }[] = [];
  const watchers = new Set<() => void>();
  const hear = (one: { name: string; address?: string }) => {
    heard.push(one);
    for (const watch of watchers) watch();
  };
  const socket = await openMdnsSocket({
    clock,
    interfaces,
    onQuery: ({ questions }) => questions?.forEach(({ name }) => void hear({ name })),
    onResponse: ({ answers }, address) =>
      answers?.forEach(({ name }) => void hear({ name, address })),
  });
  sockets.push(socket);
  const until = (name: string) =>
    new Promise<void>((resolve) => {
      const watch = () => heard.some((one) => one.name === name) && resolve();
      watchers.add(watch);
      watch();
    });
  return { socket, clock, heard, until };
}

const send = (...packets: readonly Buffer[]) => sendFrom("127.0.0.1", ...packets);

/** Sends packets to the group, one after the other. */
async function sendFrom(address: string, ...packets: readonly Buffer[]): Promise<void> {
  const socket = createSocket("udp4").bind(0, address);
  await once(socket, "listening");
  socket.setMulticastInterface("127.0.0.1");
  for (const packet of packets)
    await new Promise((resolve) => socket.send(packet, 5353, "224.0.0.251", resolve));
  await new Promise<void>((resolve) => socket.close(resolve));
}

const answer = (name: string, more: Partial<Packet> = {}) =>
  encode({ type: "response", answers: [{ type: "PTR", name, data: "x.local", ttl: 1 }], ...more });

it("a question goes out, and is heard by whoever has the port too; a response comes with its source", async () => {
  const [first, second] = [await open(), await open()];
  first.socket.query({ questions: [{ type: "PTR", name: SERVICE_DOMAIN }] });
  await second.until(SERVICE_DOMAIN);
  await send(answer(`a.${SERVICE_DOMAIN}`));
  await first.until(`a.${SERVICE_DOMAIN}`);
  expect(first.heard.at(-1)).toEqual({ name: `a.${SERVICE_DOMAIN}`, address: "127.0.0.1" });
});

it("what is no multicast DNS, or not of our service, is not heard, and does no harm", async () => {
  const { heard, until } = await open();
  await send(
    Buffer.from("_infield"),
    Buffer.alloc(0),
    answer("b._http._tcp.local"),
    answer(`b.${SERVICE_DOMAIN}`).subarray(0, 40),
    answer(`b.${SERVICE_DOMAIN}`, {
      additionals: [{ type: "TXT", name: "x", data: Buffer.alloc(250) }],
    }),
  );
  await until(`b.${SERVICE_DOMAIN}`);
  expect(heard.filter(({ name }) => name.startsWith("b."))).toHaveLength(1);
});

it("of a flood 32 packets are parsed, and then 4 a second", async () => {
  const { heard, until, clock } = await open();
  for (const [name, parsed] of [
    ["c", 32],
    ["d", 4],
  ] as const) {
    await send(
      ...Array.from({ length: 100 }, (_, number) => answer(`${name}${number}.${SERVICE_DOMAIN}`)),
    );
    // Another source has its own rate, so this one comes through, and after all others.
    await sendFrom("127.0.0.2", answer(`end-of-${name}.${SERVICE_DOMAIN}`));
    await until(`end-of-${name}.${SERVICE_DOMAIN}`);
    expect(heard.filter((one) => one.name.startsWith(name))).toHaveLength(parsed);
    clock.advance(1000);
  }
});

it("what comes from outside the networks of its interfaces is not heard", async () => {
  const [lo] = chooseInterfaces(["lo"]);
  if (lo === undefined) throw new Error("there is no loopback");
  // It has the address, by which it joins, and no network that packets could come from.
  const elsewhere = await open([{ ...lo, name: "nothing" }]);
  const here = await open();
  await send(answer(`f.${SERVICE_DOMAIN}`));
  await here.until(`f.${SERVICE_DOMAIN}`);
  expect(elsewhere.heard.filter(({ name }) => name.startsWith("f."))).toEqual([]);
});

it("without an interface that can multicast there is none", async () => {
  await expect(open([])).rejects.toThrow("no network interface");
});
