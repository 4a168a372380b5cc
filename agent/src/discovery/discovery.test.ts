import {
  type Announcement,
  formatAnnouncement,
  formatQuery,
  type Group,
  type Query,
  queryGroup,
  releaseGroup,
  signAnnouncement,
} from "@infield/shared/announce";
import { createChain, createSigningKey, verifyChain } from "@infield/shared/records";
import { describe, expect, it } from "vitest";
import type { AgentEvent } from "../laptop/events.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { Discovery } from "./discovery.ts";

const key = createSigningKey();
const channel = verifyChain(createChain("Class 4b", key));
const prefix = channel.id.slice(0, 16);
const NEIGHBOUR = { port: 7461, id: "00000000000000bb" };

function announcement(
  version: number,
  signer = key,
  sender = NEIGHBOUR,
  partial = false,
): Uint8Array {
  const recordHash = new Uint8Array(32).fill(version);
  const summary = { channel: prefix, version, urgent: false, recordHash, recordBytes: 400 };
  return formatAnnouncement(signAnnouncement(summary, signer), sender, partial);
}

function setUp({ knowsChannel = true } = {}) {
  const clock = createFakeClock();
  const joined = new Map<string, Group>();
  const sent: Group[] = [];
  const heard: { announcement: Announcement; address: string; proven: boolean }[] = [];
  const queries: Query[] = [];
  const seen: [number, string][] = [];
  const verdicts: string[] = [];
  const unwanted = new Set<number>();
  const discovery = new Discovery({
    clock,
    beacon: {
      join: async (group) => void joined.set(group.ipv6, group),
      leave: (group) => void joined.delete(group.ipv6),
      send: (group) => void sent.push(group),
      groups: () => [...joined.keys()],
      interfaces: () => ["fake"],
    },
    channelId: channel.id,
    channel: () => (knowsChannel ? channel : undefined),
    laptopId: "00000000000000aa",
    peerPort: 7461,
    wants: ({ version }) => !unwanted.has(version),
    onAnnouncement: (one, address, proven) =>
      void heard.push({ announcement: one, address, proven }),
    onQuery: (query) => void queries.push(query),
    onOwnId() {},
    onSeen: (version, address) => void seen.push([version, address]),
    onEvent: (event: AgentEvent) => void (event.event === "packet" && verdicts.push(event.verdict)),
  });
  const receive = (bytes: Uint8Array, address = "192.0.2.7") =>
    discovery.onDatagram({ bytes, address, group: "g", received: 1 });
  return { clock, discovery, joined, sent, heard, queries, seen, verdicts, unwanted, receive };
}

describe("discovery", () => {
  it("is in the groups of n+1 and in no other, and moves when n does", async () => {
    const { discovery, joined } = setUp();
    const groupsOf = (version: number) =>
      new Set([
        releaseGroup(channel.id, version, false).ipv6,
        releaseGroup(channel.id, version, true).ipv6,
        queryGroup(channel.id).ipv6,
      ]);
    await discovery.follow(4);
    expect(new Set(joined.keys())).toEqual(groupsOf(5));
    await discovery.follow(5);
    expect(new Set(joined.keys())).toEqual(groupsOf(6));
  });

  it("is in the urgent group of n+1 alone while it sleeps, also when n changes meanwhile", async () => {
    const { discovery, joined } = setUp();
    await discovery.follow(4);
    const awake = [...joined.keys()];
    await discovery.sleep();
    expect([...joined.keys()]).toEqual([releaseGroup(channel.id, 5, true).ipv6]);
    await discovery.follow(5);
    expect([...joined.keys()]).toEqual([releaseGroup(channel.id, 6, true).ipv6]);
    await discovery.follow(4);
    await discovery.wake();
    expect(new Set(joined.keys())).toEqual(new Set(awake));
  });

  it("says who has what: by signed announcements that it wants, and by questions", async () => {
    const { discovery, seen, receive } = setUp();
    await discovery.follow(4);
    receive(announcement(5), "192.0.2.5");
    receive(announcement(6, key, NEIGHBOUR, true), "192.0.2.6");
    receive(announcement(7, createSigningKey()), "192.0.2.7");
    receive(announcement(4), "192.0.2.4");
    receive(
      formatQuery({ channel: prefix, version: 4, classroom: false, sender: NEIGHBOUR }),
      "192.0.2.8",
    );
    expect(seen).toEqual([
      [5, "192.0.2.5"],
      [6, "192.0.2.6"],
      [4, "192.0.2.8"],
    ]);
  });

  it("takes an announcement of something newer, with the address it came from, and says whether it is signed", async () => {
    const { discovery, heard, receive } = setUp();
    await discovery.follow(4);
    receive(announcement(5), "fe80::1%eth0");
    receive(announcement(5, createSigningKey()), "fe80::2%eth0");
    expect(heard.map((one) => [one.announcement.version, one.address, one.proven])).toEqual([
      [5, "fe80::1%eth0", true],
      [5, "fe80::2%eth0", false],
    ]);
  });

  it("does not even look at the signature of what it does not want", async () => {
    const { discovery, heard, receive, verdicts, unwanted } = setUp();
    await discovery.follow(4);
    unwanted.add(6);
    for (const version of [3, 4, 6]) receive(announcement(version, createSigningKey()));
    expect(heard).toEqual([]);
    expect(verdicts).toEqual(["not-wanted", "not-wanted", "not-wanted"]);
  });

  it("drops its own packets, those that name a port of the system, other channels' and what is no packet without a word", async () => {
    const { discovery, heard, queries, receive, verdicts } = setUp();
    await discovery.follow(4);
    receive(announcement(5, key, { port: 1, id: "00000000000000aa" }));
    for (const port of [0, 22, 1023])
      receive(announcement(5, key, { port, id: "00000000000000bb" }));
    const other = { channel: "ff".repeat(8), version: 1, classroom: false, sender: NEIGHBOUR };
    receive(formatQuery(other));
    receive(new Uint8Array(137));
    receive(new Uint8Array());
    expect([heard, queries, verdicts]).toEqual([[], [], []]);
  });

  it("refuses a forged announcement: altered bytes under a known key", async () => {
    const { discovery, heard, receive, verdicts } = setUp();
    await discovery.follow(4);
    const altered = announcement(5);
    altered[17] = 9;
    receive(altered);
    expect(heard).toEqual([]);
    expect(verdicts).toEqual(["forged"]);
  });

  it("verifies few signatures in a flood of forgeries, and still hears a neighbour after it", async () => {
    const { clock, discovery, heard, receive, verdicts } = setUp();
    await discovery.follow(4);
    const altered = announcement(5);
    for (let i = 0; i < 2_000; i++) {
      altered[20] = i % 251;
      altered[21] = 200 + (i >> 8);
      receive(altered, `192.0.2.${i % 200}`);
    }
    expect(verdicts.filter((verdict) => verdict === "forged").length).toBeLessThanOrEqual(20);
    expect(heard).toEqual([]);
    clock.advance(1_000);
    receive(announcement(5), "198.51.100.1");
    expect(heard.length).toBe(1);
  });

  it("one source in a flood leaves room for the others", async () => {
    const { discovery, heard, receive } = setUp();
    await discovery.follow(4);
    const altered = announcement(5);
    for (let i = 0; i < 500; i++) {
      altered[20] = i % 251;
      altered[21] = 200;
      receive(altered, "192.0.2.66");
    }
    receive(announcement(5), "192.0.2.7");
    expect(heard.length).toBe(1);
  });

  it("an announcement once verified costs nothing more, from any number of neighbours", async () => {
    const { discovery, heard, receive } = setUp();
    await discovery.follow(4);
    for (let i = 0; i < 200; i++) receive(announcement(5), `192.0.2.${i}`);
    expect(heard.length).toBe(200);
  });

  it("follows a key it does not know a few times only, as it may be that of a newer channel record", async () => {
    const { discovery, heard, receive, verdicts } = setUp();
    await discovery.follow(4);
    const stranger = createSigningKey();
    for (let i = 0; i < 50; i++) receive(announcement(5, stranger), `192.0.2.${i}`);
    expect(heard.length).toBe(6);
    expect(verdicts.filter((verdict) => verdict === "too-many").length).toBe(44);
  });

  it("a laptop that knows only its channel's id may still begin", async () => {
    const { discovery, heard, receive } = setUp({ knowsChannel: false });
    await discovery.follow(0);
    receive(announcement(5));
    expect(heard.length).toBe(1);
  });

  it("hears queries, but not any number of them", async () => {
    const { discovery, queries, receive } = setUp();
    await discovery.follow(4);
    const query = formatQuery({ channel: prefix, version: 2, classroom: true, sender: NEIGHBOUR });
    for (let i = 0; i < 50; i++) receive(query);
    expect(queries.length).toBe(6);
    expect(queries[0]).toEqual({ channel: prefix, version: 2, classroom: true, sender: NEIGHBOUR });
  });

  it("asks on the query group", async () => {
    const { discovery, sent } = setUp();
    await discovery.follow(4);
    discovery.ask(false);
    expect(sent).toEqual([queryGroup(channel.id)]);
  });

  it("finds a few laptops that have a version by asking for what is newer than the one before, and leaves their group again", async () => {
    const { clock, discovery, joined, sent, heard, receive } = setUp();
    await discovery.follow(4);
    const before = [...joined.keys()];
    const finding = discovery.findHolders(4, new AbortController().signal);
    await new Promise(setImmediate);
    expect(joined.has(releaseGroup(channel.id, 4, false).ipv6)).toBe(true);
    expect(sent).toEqual([queryGroup(channel.id)]);
    receive(announcement(3), "192.0.2.3");
    receive(announcement(4, key, NEIGHBOUR, true), "192.0.2.4");
    for (let i = 10; i < 20; i++) receive(announcement(4, createSigningKey()), `192.0.2.${i}`);
    clock.advance(3_000);
    const found = await finding;
    expect(found).toEqual([10, 11, 12, 13].map((i) => ({ address: `192.0.2.${i}`, ...NEIGHBOUR })));
    expect([...joined.keys()]).toEqual(before);
    expect(heard).toEqual([]);
    expect(clock.waiting()).toBe(0);
  });

  it("stops looking for them when the agent stops", async () => {
    const { clock, discovery } = setUp();
    await discovery.follow(4);
    const stop = new AbortController();
    const finding = discovery.findHolders(4, stop.signal);
    await new Promise(setImmediate);
    stop.abort();
    expect(await finding).toEqual([]);
    expect(clock.waiting()).toBe(0);
  });
});
