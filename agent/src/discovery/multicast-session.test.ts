/** A classroom on a fake network: the real protocol, hours of it, with seeded chance and loss. */
import {
  macOf,
  parseAnnouncement,
  parseQuery,
  queryGroup,
  releaseGroup,
} from "@infield/shared/announce";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type FakeLaptop, type FakeRoom, openRoom } from "../testing/fake-laptop.ts";
import type { Frame } from "../testing/fake-network.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const CLASS = 30;
const seeds = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const classAt = (version: number, laptops = CLASS) => new Array<number>(laptops).fill(version);

const announcements = (frames: readonly Frame[]) =>
  frames.filter(({ bytes }) => parseAnnouncement(bytes));
const queries = (frames: readonly Frame[]) => frames.filter(({ bytes }) => parseQuery(bytes));
const haveAll = ({ laptops }: FakeRoom, version: number) =>
  laptops.every((laptop) => laptop.version() === version);

/**
 * The first laptop gets a version from outside. Resolves once all have it, to the milliseconds that
 * took.
 */
async function spread(room: FakeRoom, version: number, withinMs = HOUR_MS): Promise<number> {
  const before = room.clock.now();
  await room.laptops[0]?.take(version);
  while (!haveAll(room, version)) {
    await room.clock.advanceSlowly(500);
    if (room.clock.now() - before > withinMs) throw new Error("it did not reach everybody");
  }
  return room.clock.now() - before;
}

/** Announcements that reached a laptop which had that version, or a newer one, already. */
function needless(laptop: FakeLaptop): number {
  return announcements(laptop.card.passed).filter(
    ({ bytes }) => (parseAnnouncement(bytes)?.version ?? 0) <= laptop.version(),
  ).length;
}

describe("a class of thirty", () => {
  it.each([0, 0.1, 0.3])(
    "in which one has a newer release: all get it, and two quiet hours cost 120 packets at most, all counted, when %d are lost",
    async (loss) => {
      for (const seed of seeds(5)) {
        const room = await openRoom({ seed, loss, versions: classAt(4) });
        // Three seconds to fifteen of it are the transfer's.
        expect(await spread(room, 5), `seed ${seed}`).toBeLessThan(20_000);
        const before = room.network.frames.length;
        room.clock.advance(2 * HOUR_MS);
        const quiet = announcements(room.network.frames.slice(before));
        expect(quiet.length, `seed ${seed}`).toBeLessThanOrEqual(120);
        expect(quiet.length, `seed ${seed}`).toBeGreaterThan(0);
      }
    },
  );

  it("that all have the same are reached by no packet for it, counted at the filters of their cards", async () => {
    const room = await openRoom({ seed: 1, loss: 0, versions: classAt(4) });
    await spread(room, 5);
    const before = room.laptops.map((laptop) => laptop.card.passed.length);
    room.clock.advance(HOUR_MS);
    expect(room.laptops.map((laptop) => laptop.card.passed.length)).toEqual(before);
    const { id } = room.channel;
    const groups = [releaseGroup(id, 6, false), releaseGroup(id, 6, true), queryGroup(id)];
    const filters = groups.flatMap((group) => Object.values(macOf(group))).sort();
    for (const laptop of room.laptops) expect([...laptop.card.filters()].sort()).toEqual(filters);
  });

  it("goes on telling stragglers, one behind more often than two, for hours", async () => {
    const room = await openRoom({ seed: 2, loss: 0, versions: classAt(9, 8) });
    await spread(room, 10);
    const before = room.network.frames.length;
    room.clock.advance(200 * HOUR_MS);
    const later = room.network.frames.slice(before);
    const to = (version: number) =>
      later.filter(({ mac }) => mac === macOf(releaseGroup(room.channel.id, version, false)).ipv6)
        .length;
    const counts = [10, 9, 8, 7].map(to);
    for (const [index, count] of counts.slice(1).entries()) {
      expect(count).toBeGreaterThan(0);
      expect(count).toBeLessThan(counts[index] ?? 0);
    }
  });

  it("does not fall silent when the others have left: whoever stays speaks as often as ever within a day", async () => {
    const room = await openRoom({ seed: 3, loss: 0, versions: classAt(4) });
    await spread(room, 5);
    for (const laptop of room.laptops.slice(1)) laptop.session.stop();
    room.clock.advance(25 * HOUR_MS);
    const before = room.network.frames.length;
    room.clock.advance(24 * HOUR_MS);
    // Of each of 24 hours, a packet of each family.
    expect(room.network.frames.length - before).toBe(48);
  });

  it("in which somebody invents neighbours speaks more seldom, and not never", async () => {
    const room = await openRoom({ seed: 4, loss: 0, versions: [5] });
    const [laptop] = room.laptops;
    for (let host = 0; host < 100_000; host++)
      laptop?.session.seen(5, `10.${host >> 16}.${(host >> 8) & 255}.${host & 255}`);
    await laptop?.take(5);
    room.clock.advance(24 * HOUR_MS);
    // Once more each day, or the day is over for those that were invented.
    laptop?.session.seen(5, "10.9.9.9");
    room.clock.advance(300 * HOUR_MS);
    expect(announcements(room.network.frames).length).toBeGreaterThan(0);
  });
});

describe("a late comer", () => {
  it("at any version asks, and is told by a few of thirty, at any loss", async () => {
    for (const loss of [0, 0.1, 0.3]) {
      for (const seed of seeds(5)) {
        const room = await openRoom({ seed, loss, versions: [...classAt(50, CLASS - 1), 3] });
        const others = room.laptops.slice(0, -1);
        const late = room.laptops.at(-1);
        await others[0]?.take(50);
        for (const [index] of others.entries())
          for (const other of others) other.session.seen(50, `192.0.2.${index + 1}`);
        for (const other of others.slice(1)) await other.take(50);
        room.clock.advance(5 * HOUR_MS);
        const before = room.network.frames.length;
        late?.session.ask(false);
        await room.clock.advanceSlowly(30_000);
        expect(late?.version(), `seed ${seed}, loss ${loss}`).toBe(50);
        const answers = announcements(room.network.frames.slice(before)).filter(
          ({ bytes }) => parseAnnouncement(bytes)?.partial === false,
        );
        // Four answers on average, three copies each, in both families; twice when the first was
        // not heard.
        expect(answers.length).toBeLessThanOrEqual(80);
      }
    }
  });

  it("with something newer tells by its question: one of those who are behind asks, and all hear the answer", async () => {
    const room = await openRoom({ seed: 5, loss: 0, versions: classAt(4) });
    const [late, ...others] = room.laptops;
    // They are elsewhere while it gets a release and has told of it for so long that it speaks once
    // an hour.
    for (const other of others) await other.session.follow(1_000);
    await late?.take(5);
    await room.clock.advanceSlowly(5 * HOUR_MS);
    for (const other of others) await other.session.follow(4);
    const before = room.network.frames.length;
    late?.session.ask(false);
    await room.clock.advanceSlowly(MINUTE_MS);
    expect(haveAll(room, 5)).toBe(true);
    // Its own two, and those of one or two others, in both families.
    expect(queries(room.network.frames.slice(before)).length).toBeLessThanOrEqual(12);
  });

  it("that claims what nobody has makes a class ask once in half a minute, not all of it", async () => {
    const room = await openRoom({ seed: 6, loss: 0, versions: classAt(4) });
    const [liar] = room.laptops;
    await liar?.session.follow(1_000_000);
    for (let second = 0; second < 60; second++) {
      liar?.session.ask(true);
      await room.clock.advanceSlowly(1_000);
    }
    const asked = queries(room.network.frames).filter(({ from }) => from !== liar?.card);
    expect(asked.length).toBeGreaterThan(0);
    expect(asked.length).toBeLessThanOrEqual(2 * 2 * 2 * 3);
  });
});

describe("laptops that sleep", () => {
  it("are not reached by a single packet for a normal release", async () => {
    const room = await openRoom({ seed: 7, loss: 0, versions: classAt(4) });
    const asleep = room.laptops.slice(20);
    for (const laptop of asleep) await laptop.sleep();
    await room.laptops[0]?.take(5);
    await room.clock.advanceSlowly(MINUTE_MS);
    room.clock.advance(2 * HOUR_MS);
    expect(asleep.map(({ card }) => card.passed.length)).toEqual(asleep.map(() => 0));
    const urgent = Object.values(macOf(releaseGroup(room.channel.id, 5, true))).sort();
    for (const { card } of asleep) expect(card.filters().sort()).toEqual(urgent);
    // Woken by the hook, they ask.
    for (const laptop of asleep) laptop.wake();
    await room.clock.advanceSlowly(MINUTE_MS);
    expect(haveAll(room, 5)).toBe(true);
  });

  it("are woken by an urgent one in 100 of 100 classes in which a third of all packets is lost, and the one that wakes", async () => {
    let longest = 0;
    for (const seed of seeds(100)) {
      const room = await openRoom({ seed, loss: 0.3, versions: classAt(4, 6), urgent: [5] });
      for (const laptop of room.laptops.slice(1)) await laptop.sleep();
      longest = Math.max(longest, await spread(room, 5));
    }
    // Three seconds to fifteen of it are the transfer's.
    expect(longest).toBeLessThan(30_000);
  });

  it.each([5, 6, 9, 12])(
    "are woken by an urgent release %d though they are at 4",
    async (version) => {
      const room = await openRoom({
        seed: version,
        loss: 0,
        versions: classAt(4, 5),
        urgent: [version],
      });
      for (const laptop of room.laptops.slice(1)) await laptop.sleep();
      await spread(room, version);
      expect(room.laptops.map((laptop) => laptop.version())).toEqual(classAt(version, 5));
    },
  );

  it("are woken for an urgent release when a normal one came after it, and get that", async () => {
    const room = await openRoom({ seed: 9, loss: 0, versions: classAt(4, 5), urgent: [5] });
    for (const laptop of room.laptops.slice(1)) await laptop.sleep();
    await spread(room, 6);
    expect(haveAll(room, 6)).toBe(true);
    // Whoever has the urgent one already sleeps on.
    const others = await openRoom({ seed: 9, loss: 0, versions: classAt(5, 5), urgent: [5] });
    for (const laptop of others.laptops.slice(1)) await laptop.sleep();
    await others.laptops[0]?.take(6);
    others.clock.advance(2 * HOUR_MS);
    expect(others.laptops.slice(1).flatMap(({ card }) => card.passed)).toEqual([]);
  });

  it("and find out by what they hear that they are awake, when nobody tells them, say so", async () => {
    const room = await openRoom({ seed: 8, loss: 0, versions: classAt(4, 2), urgent: [5] });
    const [source, sleeper] = room.laptops;
    // Told to sleep, but the machine goes on.
    await sleeper?.session.sleep();
    await source?.take(5);
    await room.clock.advanceSlowly(MINUTE_MS);
    expect(sleeper?.version()).toBe(5);
    expect(sleeper?.card.filters().length).toBe(6);
  });
});

describe("any class", () => {
  it("ends with everybody at the newest version, whatever versions it began with and whatever is lost", async () => {
    const anyClass = fc.record({
      seed: fc.integer({ min: 1, max: 1_000_000 }),
      loss: fc.constantFrom(0, 0.1, 0.3),
      versions: fc.array(fc.integer({ min: 1, max: 20 }), { minLength: 2, maxLength: 12 }),
    });
    const property = fc.asyncProperty(anyClass, async ({ seed, loss, versions }) => {
      const room = await openRoom({ seed, loss, versions });
      const newest = Math.max(...versions);
      // As after a start: everybody tells what it has, and asks.
      for (const laptop of room.laptops) {
        await laptop.take(laptop.version());
        laptop.session.ask(false);
      }
      await room.clock.advanceSlowly(10 * MINUTE_MS);
      expect(haveAll(room, newest)).toBe(true);
      const before = room.laptops.map(needless);
      room.clock.advance(HOUR_MS);
      expect(room.laptops.map(needless)).toEqual(before);
    });
    await fc.assert(property, { numRuns: 20, seed: 6 });
  });
});
