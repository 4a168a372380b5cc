import type { Announcement } from "@infield/shared/announce";
import { describe, expect, it } from "vitest";
import { OfferQueue } from "./offer-queue.ts";

/** An announcement of a version; `name` makes it another release, and another signature. */
function announcementOf(version: number, name = 0): Announcement {
  return {
    ...{ channel: "ab", version, urgent: false, recordBytes: 1, partial: false },
    recordHash: Uint8Array.of(name),
    signed: Uint8Array.of(version, name),
    sender: { port: 7461, id: "aa" },
  } as Announcement;
}
const sourceOf = (number: number, port = 7461) => ({
  ...{ address: `192.0.2.${number}`, port },
  id: `${number}`,
});
const all = () => true;

describe("proven offers", () => {
  it("come the newest first, with everybody who makes them, each once", () => {
    const queue = new OfferQueue();
    queue.add(announcementOf(2), sourceOf(1), true);
    queue.add(announcementOf(3), sourceOf(2), true);
    queue.add(announcementOf(3), sourceOf(3), true);
    queue.add(announcementOf(3), { ...sourceOf(3), id: "another" }, true);
    queue.add(announcementOf(3), sourceOf(3, 7462), true);
    const offer = queue.newest(all);
    expect(offer?.announcement.version).toBe(3);
    expect([...(offer?.sources.values() ?? [])]).toEqual([
      sourceOf(2),
      sourceOf(3),
      sourceOf(3, 7462),
    ]);
    if (offer) queue.remove(offer);
    expect(queue.newest(all)?.announcement.version).toBe(2);
  });

  it("are forgotten when they are not wanted, and of a release by what was signed", () => {
    const queue = new OfferQueue();
    for (const name of [1, 2]) queue.add(announcementOf(2, name), sourceOf(1), true);
    const isSecond = ({ recordHash }: Announcement) => recordHash[0] === 2;
    expect(queue.newest(isSecond)?.announcement.recordHash[0]).toBe(2);
    expect(queue.newest(({ recordHash }) => recordHash[0] === 1)).toBeUndefined();
  });

  it("are eight, from sixty-four neighbours each, and none after all is cleared", () => {
    const queue = new OfferQueue();
    for (let version = 20; version > 10; version--)
      queue.add(announcementOf(version), sourceOf(1), true);
    const kept: number[] = [];
    queue.newest(({ version }) => kept.push(version) > 0);
    expect(kept).toEqual([20, 19, 18, 17, 16, 15, 14, 13]);
    for (let number = 2; number < 100; number++)
      queue.add(announcementOf(20), sourceOf(number), true);
    expect(queue.newest(all)?.sources.size).toBe(64);
    queue.add(announcementOf(30), sourceOf(1), false);
    queue.clear();
    expect([queue.newest(all), queue.takeUnproven()]).toEqual([undefined, undefined]);
  });
});

describe("unproven offers", () => {
  it("are one at a time, given with each of its sources once, then make way for another", () => {
    const queue = new OfferQueue();
    for (const number of [1, 2]) queue.add(announcementOf(5), sourceOf(number), false);
    queue.add(announcementOf(9), sourceOf(3), false);
    expect(queue.newest(all)).toBeUndefined();
    const given = [1, 2, 3].map(() => queue.takeUnproven()?.source.id);
    expect(given).toEqual(["1", "2", undefined]);
    queue.add(announcementOf(9), sourceOf(3), false);
    expect(queue.takeUnproven()?.announcement.version).toBe(9);
  });
});
