import type { PeerAddress } from "@infield/shared/announce";
import { peerFailed } from "@infield/shared/transfer";
import { expect, it, onTestFinished } from "vitest";
import type { AddressBook } from "../laptop/address-book.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { fakeLink, idOf } from "../testing/fake-link.ts";
import { KnownPeers } from "./known-peers.ts";
import type { PacketLinks } from "./packet-links.ts";

const MINUTE_MS = 60_000;
const peer = (number: number): PeerAddress => ({ host: `192.0.2.${number}`, port: 7461 });
/** Lets what is ready run. */
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Laptops 1, 2, … answer at 192.0.2.1, 192.0.2.2, … while they are `there`. */
function setUp({
  typed = [],
  met = [],
  seen = [],
}: Partial<Record<"typed" | "met" | "seen", PeerAddress[]>>) {
  const clock = createFakeClock();
  const dialled: string[] = [];
  const dialSignals: AbortSignal[] = [];
  const there = new Set<string>();
  const links: ReturnType<typeof fakeLink>[] = [];
  const begun: string[] = [];
  const named = [...typed];
  const book: AddressBook = {
    typed: () => named,
    met: () => met,
    addTyped: async (one) => void named.push(one),
    remove: async () => true,
    meet: async () => {},
    settled: async () => {},
  };
  const packets = {
    begin: (link) => begun.push(link.id),
    twinOf: () => undefined,
  } as Partial<PacketLinks>;
  const peers = new KnownPeers({
    ...{ clock, book, named: [], laptopId: idOf(99) },
    packets: packets as PacketLinks,
    seen: () => seen,
    async dial(host, _, signal) {
      dialled.push(host);
      dialSignals.push(signal);
      if (!there.has(host)) throw peerFailed("is not there");
      const made = fakeLink(Number(host.split(".")[3]));
      links.push(made);
      return made.link;
    },
  });
  peers.start();
  onTestFinished(async () => {
    await peers.stop();
    expect(clock.waiting()).toBe(0);
  });
  const pass = async (ms: number) => {
    for (let left = ms; left > 0; left -= 1_000) {
      clock.advance(Math.min(left, 1_000));
      await turn();
    }
  };
  const isOpen = async ({ closed }: { closed: Promise<void> }) =>
    Promise.race([closed.then(() => false), turn().then(() => true)]);
  return { clock, peers, dialled, dialSignals, there, links, begun, pass, isOpen };
}

it("whom a person named is dialled again and again, ever more seldom, and kept once there", async () => {
  const { peers, dialled, there, links, begun, pass } = setUp({ typed: [peer(1)] });
  await pass(MINUTE_MS);
  const first = dialled.length;
  expect(first).toBeGreaterThan(2);
  await pass(60 * MINUTE_MS);
  expect(dialled.length - first).toBeLessThan(10);
  there.add("192.0.2.1");
  await pass(30 * MINUTE_MS);
  expect([begun, peers.list()]).toEqual([[idOf(1)], [{ ...peer(1), connected: true }]]);
  links[0]?.end();
  await turn();
  expect(peers.list()).toMatchObject([{ connected: false }]);
  await pass(5_000);
  expect(peers.list()).toMatchObject([{ connected: true }]);
});

it("a laptop that says hello and leaves at once is not dialled in a circle", async () => {
  const { there, dialled, links, pass } = setUp({ typed: [peer(1)] });
  there.add("192.0.2.1");
  for (let second = 0; second < 600; second++) {
    for (const { end } of links.splice(0)) end();
    await pass(1_000);
  }
  expect(dialled.length).toBeLessThan(12);
});

it("a person who asks, or a laptop that wakes, does not wait for the pause to end", async () => {
  const { peers, dialled, pass } = setUp({ typed: [peer(1)] });
  await pass(10 * MINUTE_MS);
  const before = dialled.length;
  peers.retry();
  await turn();
  expect(dialled.length).toBe(before + 1);
});

it("connect says why it could not, and keeps only whom it reached", async () => {
  const { peers, there, dialSignals } = setUp({});
  const asking = new AbortController();
  const { signal } = asking;
  await expect(peers.connect(peer(1), signal)).rejects.toMatchObject({ code: "peer-failed" });
  expect(peers.list()).toEqual([]);
  there.add("192.0.2.1").add("192.0.2.99");
  await peers.connect(peer(1), signal);
  await turn();
  expect(peers.list()).toEqual([{ ...peer(1), connected: true }]);
  await expect(peers.connect(peer(99), signal)).rejects.toThrow("this laptop itself");
  expect(peers.list()).toHaveLength(1);
  // Whoever asked is gone, as a command is that has its answer: the connection is not.
  asking.abort();
  expect(dialSignals.map(({ aborted }) => aborted)).not.toContain(true);
});

it("who is forgotten is let go, and not dialled any more", async () => {
  const { peers, there, links, dialled, pass } = setUp({ typed: [peer(1), peer(2)] });
  there.add("192.0.2.1");
  await turn();
  await peers.disconnect(peer(1));
  await peers.disconnect(peer(2));
  await links[0]?.closed;
  const before = dialled.length;
  await pass(60 * MINUTE_MS);
  expect([dialled.length, peers.list()]).toEqual([before, []]);
});

it("while nothing comes by multicast, a few of those who were met are visited, and let go when something does", async () => {
  const [met, seen] = [[1, 2, 3].map(peer), [3, 4, 5, 6, 7].map(peer)];
  const { peers, there, begun, links, pass, isOpen } = setUp({ met, seen });
  for (const { host } of [...met, ...seen]) there.add(host);
  await pass(9_000);
  expect(begun).toEqual([]);
  await pass(2_000);
  expect(begun).toHaveLength(3);
  peers.hearMulticast();
  expect(await Promise.all(links.map(isOpen))).toEqual([false, false, false]);
  await pass(30 * MINUTE_MS);
  expect(begun).toHaveLength(3);
  await pass(30 * MINUTE_MS);
  expect(begun).toHaveLength(6);
});

it("while it sleeps a laptop is connected to nobody, and afterwards to whom it was", async () => {
  const { clock, peers, there, begun, dialled, links, pass, isOpen } = setUp({
    typed: [peer(1)],
    met: [peer(2)],
  });
  there.add("192.0.2.1").add("192.0.2.2");
  await pass(20_000);
  expect(begun).toEqual([idOf(1), idOf(2)]);
  await peers.stop();
  expect([await Promise.all(links.map(isOpen)), clock.waiting()]).toEqual([[false, false], 0]);
  await pass(60 * MINUTE_MS);
  expect(dialled).toHaveLength(2);
  peers.start();
  await pass(20_000);
  expect(begun).toEqual([idOf(1), idOf(2), idOf(1), idOf(2)]);
});

it("where multicast works nobody is visited", async () => {
  const { peers, there, dialled, pass } = setUp({ met: [peer(1)] });
  there.add("192.0.2.1");
  for (let minutes = 0; minutes < 120; minutes += 10) {
    peers.hearMulticast();
    await pass(10 * MINUTE_MS);
  }
  expect(dialled).toEqual([]);
});
