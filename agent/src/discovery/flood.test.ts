/**
 * What a flood costs: signatures are verified last and seldom (docs/protocol.md, rule 2.4), counted
 * where they are verified.
 */
import { formatAnnouncement, signAnnouncement } from "@infield/shared/announce";
import { type Channel, createChain, createSigningKey, verifyChain } from "@infield/shared/records";
import { seededRandom } from "@infield/shared/testing";
import { beforeEach, expect, it, vi } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { Discovery } from "./discovery.ts";

const counted = vi.hoisted(() => ({ verified: 0 }));
vi.mock("@infield/shared/announce", async (original) => {
  const shared = await original<typeof import("@infield/shared/announce")>();
  const isSignedBy = (signed: Uint8Array, channel: Channel) => {
    counted.verified++;
    return shared.isSignedBy(signed, channel);
  };
  return { ...shared, isSignedBy };
});
beforeEach(() => {
  counted.verified = 0;
});

const key = createSigningKey();
const channel = verifyChain(createChain("Class 4b", key));
const OURS = "00000000000000aa";
const PACKETS = 1_000;

/** A signed announcement of version 5, and where its parts begin. */
const summary = {
  channel: channel.id.slice(0, 16),
  version: 5,
  urgent: false,
  recordHash: new Uint8Array(32),
  recordBytes: 400,
};
const genuine = formatAnnouncement(signAnnouncement(summary, key), {
  port: 7461,
  id: "00000000000000bb",
});
const at = {
  magic: 0,
  packetVersion: 4,
  channel: 6,
  version: 14,
  hash: 18,
  port: 126,
  sender: 128,
};

async function setUp() {
  const clock = createFakeClock();
  const taken: string[] = [];
  const discovery = new Discovery({
    ...{ clock, channelId: channel.id, channel: () => channel, laptopId: OURS, peerPort: 7461 },
    beacon: { join: async () => {}, leave() {}, send() {}, groups: () => [], interfaces: () => [] },
    wants: () => true,
    onAnnouncement: (_, address) => void taken.push(address),
    onQuery() {},
    onOwnId() {},
    onSeen() {},
    onEvent() {},
  });
  await discovery.follow(4);
  const hear = (bytes: Uint8Array, address: string) =>
    discovery.onDatagram({ bytes, address, group: "g", received: 1 });
  return { clock, taken, hear };
}

const changed = (offset: number, ...bytes: number[]) => {
  const packet = genuine.slice();
  packet.set(bytes, offset);
  return packet;
};

it.each([
  ["of another length", (i: number) => genuine.slice(0, i % genuine.length)],
  ["of another magic", (i: number) => changed(at.magic, 1 + (i % 64))],
  ["of another packet version", (i: number) => changed(at.packetVersion, 2 + (i % 200))],
  ["of another channel", (i: number) => changed(at.channel, i % 256, i >> 8, 0x77, 0x66)],
  ["of a version that is here already", (i: number) => changed(at.version, 0, 0, 0, i % 5)],
  ["of its own", () => changed(at.sender, 0, 0, 0, 0, 0, 0, 0, 0xaa)],
  ["that name a port of the system", (i: number) => changed(at.port, 0, i % 256)],
])("a thousand packets %s have no signature verified", async (_, packet) => {
  const { hear, taken } = await setUp();
  for (let i = 0; i < PACKETS; i++) hear(packet(i), `192.0.2.${i % 250}`);
  expect([counted.verified, taken]).toEqual([0, []]);
});

it("a thousand times the same signed announcement is verified once", async () => {
  const { hear, taken } = await setUp();
  for (let i = 0; i < PACKETS; i++) hear(genuine, `192.0.2.${i % 250}`);
  expect([counted.verified, taken.length]).toEqual([1, PACKETS]);
});

it("ten seconds of forgeries, a hundred a second, cost ten signatures a second, and two when they come from one address", async () => {
  const random = seededRandom(1);
  const [everywhere, one] = [await setUp(), await setUp()];
  const forged = () =>
    changed(at.hash, ...Array.from({ length: 8 }, () => Math.floor(random() * 256)));
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < PACKETS / 10; i++) everywhere.hear(forged(), `192.0.2.${i}`);
    everywhere.clock.advance(1_000);
  }
  expect(counted.verified).toBeLessThanOrEqual(20 + 10 * 10);
  counted.verified = 0;
  for (let second = 0; second < 10; second++) {
    for (let i = 0; i < PACKETS / 10; i++) one.hear(forged(), "192.0.2.66");
    one.clock.advance(1_000);
  }
  expect(counted.verified).toBeLessThanOrEqual(6 + 2 * 10);
  expect([...everywhere.taken, ...one.taken]).toEqual([]);
  one.hear(genuine, "192.0.2.7");
  expect(one.taken).toEqual(["192.0.2.7"]);
});
