import { type Group, releaseGroup } from "@infield/shared/announce";
import { seededRandom } from "@infield/shared/testing";
import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { Announcer } from "./announcer.ts";

const CHANNEL = "a1b2c3".padEnd(64, "0");
const HOUR_MS = 3_600_000;
const packet = new Uint8Array([1]);

/**
 * An announcer whose sends are written down: when, and on which release's group. `laptops` have
 * what it has.
 */
function setUp(random?: () => number, laptops = 1) {
  const clock = createFakeClock(random);
  const sent: { at: number; group: string }[] = [];
  const names = new Map<string, string>();
  for (let version = 0; version < 40; version++) {
    names.set(releaseGroup(CHANNEL, version, false).ipv6, `${version}`);
    names.set(releaseGroup(CHANNEL, version, true).ipv6, `urgent ${version}`);
  }
  const send = (group: Group) =>
    sent.push({ at: clock.now(), group: names.get(group.ipv6) ?? "?" });
  const announcer = new Announcer({
    clock,
    channelId: CHANNEL,
    send,
    laptopsWith: () => laptops,
  });
  const on = (group: string) => sent.filter((one) => one.group === group);
  return { clock, sent, announcer, on };
}

describe("the announcer", () => {
  it("speaks at once where nobody else has it: three times to n-1, as the packet that wakes a laptop is often lost to it", () => {
    const { clock, announcer, on } = setUp();
    announcer.announce({ version: 9, urgent: undefined, packet });
    clock.advance(450);
    expect(on("9").map((one) => one.at)).toEqual([0, 200, 400]);
    for (const behind of [1, 2, 3, 4, 5, 6, 7])
      expect(on(`${9 - behind}`).map((one) => one.at)).toEqual([0]);
  });

  it("does not speak at once where somebody else has told everybody", () => {
    const { clock, announcer, sent } = setUp(undefined, 2);
    announcer.announce({ version: 9, urgent: undefined, packet });
    clock.advance(450);
    expect(sent).toEqual([]);
    clock.advance(550);
    expect(sent.map((one) => one.group)).toEqual(["9"]);
  });

  it("speaks ever more seldom: some thirteen times in two hours, once an hour after that", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 9, urgent: undefined, packet });
    clock.advance(450);
    sent.length = 0;
    clock.advance(2 * HOUR_MS);
    expect(sent.length).toBeGreaterThanOrEqual(12);
    expect(sent.length).toBeLessThanOrEqual(14);
    const before = sent.length;
    clock.advance(10 * HOUR_MS);
    expect(sent.length - before).toBe(10);
  });

  it("speaks in the second half of each interval, wherever chance puts it", () => {
    for (const random of [() => 0, () => 0.999]) {
      const { clock, announcer, sent } = setUp(random);
      announcer.announce({ version: 9, urgent: undefined, packet });
      clock.advance(450);
      sent.length = 0;
      clock.advance(7_000);
      // Intervals begin at 0, 1000, 3000 and 7000.
      const bounds = [
        [500, 1_000],
        [2_000, 3_000],
        [5_000, 7_000],
      ];
      for (const [index, [low = 0, high = 0]] of bounds.entries()) {
        expect(sent[index]?.at).toBeGreaterThanOrEqual(low);
        expect(sent[index]?.at).toBeLessThanOrEqual(high);
      }
    }
  });

  it.each([4, 30])(
    "of %d laptops that have it, two speak in an interval, on average",
    (laptops) => {
      const chance = seededRandom(laptops);
      const { clock, announcer, sent } = setUp(chance, laptops);
      announcer.announce({ version: 9, urgent: undefined, packet });
      clock.advance(2_000 * HOUR_MS);
      const each = (sent.length / 2_000) * laptops;
      expect(each).toBeGreaterThan(1.5);
      expect(each).toBeLessThan(2.5);
    },
  );

  it("speaks to one group in an interval: stragglers up to seven behind, to each half as often as to the one before", () => {
    const { clock, announcer, on, sent } = setUp();
    announcer.announce({ version: 20, urgent: undefined, packet });
    clock.advance(450);
    sent.length = 0;
    clock.advance(1_024 * HOUR_MS);
    const counts = [20, 19, 18, 17, 16, 15, 14, 13].map((version) => on(`${version}`).length);
    expect(counts.reduce((sum, count) => sum + count)).toBe(sent.length);
    for (const [index, count] of counts.slice(1).entries()) {
      // What is left over, one in 256, is for the first of them.
      expect(Math.abs(count - (counts[index] ?? 0) / 2)).toBeLessThanOrEqual(3);
      expect(count).toBeGreaterThan(0);
    }
  });

  it("never speaks on group 0, which nobody is in", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 2, urgent: undefined, packet });
    clock.advance(1_000);
    expect(new Set(sent.map((one) => one.group))).toEqual(new Set(["2", "1"]));
  });

  it("tells of an urgent release on the urgent groups too, and of others not", () => {
    const { clock, announcer, on } = setUp();
    announcer.announce({ version: 9, urgent: { version: 9, packet }, packet });
    clock.advance(450);
    expect([on("9").length, on("urgent 9").length, on("urgent 8").length]).toEqual([3, 3, 1]);
    clock.advance(1_000);
    expect([on("9").length, on("urgent 9").length]).toEqual([6, 6]);
    announcer.announce({ version: 10, urgent: undefined, packet });
    clock.advance(450);
    expect(on("urgent 10")).toEqual([]);
  });

  it("answers a question on the asker's group, once for however many asked", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 30, urgent: undefined, packet });
    clock.advance(HOUR_MS);
    sent.length = 0;
    for (let asked = 0; asked < 30; asked++) announcer.answer(2);
    clock.advance(1_500);
    expect(sent.map((one) => one.group)).toEqual(["3", "3", "3"]);
  });

  it("answers as one of thirty about every seventh question: four of them answer each", () => {
    const { clock, announcer, sent } = setUp(seededRandom(1), 30);
    announcer.announce({ version: 30, urgent: undefined, packet });
    clock.advance(100 * HOUR_MS);
    sent.length = 0;
    for (let asked = 0; asked < 300; asked++) {
      announcer.answer(2);
      clock.advance(2_000);
    }
    const answers = sent.filter(({ group }) => group === "3").length / 3;
    expect(answers).toBeGreaterThan(25);
    expect(answers).toBeLessThan(55);
  });

  it("answers one question a second, eight that wait one after the other, and no more, whatever versions are asked for", () => {
    const { clock, announcer, sent } = setUp();
    announcer.announce({ version: 30, urgent: undefined, packet });
    clock.advance(HOUR_MS);
    sent.length = 0;
    for (let version = 0; version < 30; version++) announcer.answer(version);
    clock.advance(1_400);
    expect(sent.map((one) => one.group)).toEqual(["1", "1", "1"]);
    clock.advance(1_000);
    expect(sent.slice(3).map((one) => one.group)).toEqual(["2", "2", "2"]);
    clock.advance(60_000);
    expect(sent.length).toBe(3 * 8);
    announcer.answer(17);
    clock.advance(1_400);
    expect(sent.slice(24).map((one) => one.group)).toEqual(["18", "18", "18"]);
  });

  it("tells that pieces are here to the release's own group only, soon and then ever more seldom, until told to stop", () => {
    const { clock, announcer, sent, on } = setUp();
    announcer.announce({ version: 8, urgent: { version: 8, packet }, packet });
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
    announcer.announce({ version: 5, urgent: undefined, packet });
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
