import { type Group, releaseGroup } from "@infield/shared";
import { describe, expect, it } from "vitest";
import { createAnnouncer } from "./announcer.ts";
import { createFakeClock } from "./testing/fake-clock.ts";

const CHANNEL = "a1b2c3".padEnd(64, "0");
const HOUR_MS = 3_600_000;
const packet = new Uint8Array([1]);

/** An announcer whose sends are written down: when, and on which release's group. */
function setUp(random?: () => number) {
  const clock = createFakeClock(random);
  const sent: { at: number; group: string }[] = [];
  const names = new Map<string, string>();
  for (let version = 0; version < 40; version++) {
    names.set(releaseGroup(CHANNEL, version, false).ipv6, `${version}`);
    names.set(releaseGroup(CHANNEL, version, true).ipv6, `urgent ${version}`);
  }
  const send = (group: Group) => sent.push({ at: clock.now(), group: names.get(group.ipv6) ?? "?" });
  const announcer = createAnnouncer(clock, CHANNEL, send);
  const on = (group: string) => sent.filter((one) => one.group === group);
  return { clock, sent, announcer, on };
}

describe("the announcer", () => {
  it("speaks at once, three times, as the packet that wakes a laptop is often lost to it", () => {
    const { clock, announcer, on } = setUp();
    announcer.announce({ version: 9, urgent: false, packet });
    clock.advance(450);
    expect(on("9").map((one) => one.at)).toEqual([0, 200, 400]);
  });

  it("speaks ever more seldom: some tens of packets in the first hour, one time an hour after that", () => {
    const { clock, announcer, on } = setUp();
    announcer.announce({ version: 9, urgent: false, packet });
    clock.advance(HOUR_MS);
    const first = on("9").length / 3;
    expect(first).toBeGreaterThanOrEqual(11);
    expect(first).toBeLessThanOrEqual(14);
    clock.advance(HOUR_MS);
    const before = on("9").length;
    clock.advance(10 * HOUR_MS);
    expect(on("9").length - before).toBe(3 * 10);
  });

  it("speaks in the second half of each interval, wherever chance puts it", () => {
    for (const random of [() => 0, () => 0.999]) {
      const { clock, announcer, on } = setUp(random);
      announcer.announce({ version: 9, urgent: false, packet });
      clock.advance(7_000);
      const firsts = on("9").filter((_, index) => index % 3 === 0);
      // Intervals begin at 0, 1000, 3000 and 7000.
      const bounds = [
        [0, 0],
        [500, 1_000],
        [2_000, 3_000],
        [5_000, 7_000],
      ];
      for (const [index, { at }] of firsts.slice(0, 4).entries()) {
        const [low = 0, high = 0] = bounds[index] ?? [];
        expect(at).toBeGreaterThanOrEqual(low);
        expect(at).toBeLessThanOrEqual(high);
      }
    }
  });

  it("speaks to stragglers up to seven behind, to each half as often as to the one before", () => {
    const { clock, announcer, on } = setUp();
    announcer.announce({ version: 20, urgent: false, packet });
    clock.advance(140 * HOUR_MS);
    const counts = [20, 19, 18, 17, 16, 15, 14, 13].map((version) => on(`${version}`).length);
    for (const [index, count] of counts.slice(1).entries()) {
      expect(count).toBeLessThanOrEqual(Math.ceil((counts[index] ?? 0) / 3 / 2) * 3);
      expect(count).toBeGreaterThan(0);
    }
    expect(on("12")).toEqual([]);
    expect(on("21")).toEqual([]);
  });

  it("never speaks on group 0, which nobody is in", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 2, urgent: false, packet });
    clock.advance(1_000);
    expect(new Set(sent.map((one) => one.group))).toEqual(new Set(["2", "1"]));
  });

  it("tells of an urgent release on the urgent groups too, and of others not", () => {
    const { clock, announcer, on } = setUp();
    announcer.announce({ version: 9, urgent: true, packet });
    clock.advance(450);
    expect([on("9").length, on("urgent 9").length, on("urgent 8").length]).toEqual([3, 3, 3]);
    announcer.announce({ version: 10, urgent: false, packet });
    clock.advance(450);
    expect(on("urgent 10")).toEqual([]);
  });

  it("answers a question on the asker's group, once for however many asked", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 30, urgent: false, packet });
    clock.advance(HOUR_MS);
    sent.length = 0;
    for (let asked = 0; asked < 30; asked++) announcer.answer(2);
    clock.advance(1_500);
    expect(sent.map((one) => one.group)).toEqual(["3", "3", "3"]);
  });

  it("answers one question a second, whatever versions somebody asks for", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 30, urgent: false, packet });
    clock.advance(HOUR_MS);
    sent.length = 0;
    for (let version = 0; version < 30; version++) announcer.answer(version);
    clock.advance(1_500);
    expect(sent.map((one) => one.group)).toEqual(["1", "1", "1"]);
    announcer.answer(7);
    clock.advance(1_500);
    expect(sent.slice(3).map((one) => one.group)).toEqual(["8", "8", "8"]);
  });

  it("tells that pieces are here to the release's own group only, soon and then ever more seldom, until told to stop", () => {
    const { clock, announcer, sent, on } = setUp();
    announcer.announce({ version: 8, urgent: true, packet });
    clock.advance(HOUR_MS);
    sent.length = 0;
    const stop = announcer.share({ version: 9, packet });
    clock.advance(500);
    expect(sent.map((one) => one.group)).toEqual(["9"]);
    clock.advance(60_000);
    expect(on("9").length).toBeLessThanOrEqual(7);
    const before = on("9").length;
    clock.advance(10 * 60_000);
    expect(on("9").length - before).toBeGreaterThanOrEqual(10);
    stop();
    sent.length = 0;
    clock.advance(2 * HOUR_MS);
    expect(on("9")).toEqual([]);
    expect(on("8").length).toBeGreaterThan(0);
  });

  it("has nothing to say to who has the same or more, or before it has anything", () => {
    const { clock, announcer, sent } = setUp();
    announcer.answer(0);
    clock.advance(HOUR_MS);
    announcer.announce({ version: 5, urgent: false, packet });
    clock.advance(600);
    sent.length = 0;
    announcer.answer(5);
    announcer.answer(6);
    expect(clock.waiting()).toBeLessThanOrEqual(4);
    announcer.stop();
    clock.advance(HOUR_MS);
    expect(sent).toEqual([]);
    expect(clock.waiting()).toBe(0);
  });
});
