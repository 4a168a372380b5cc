import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, trackProgress } from "./progress.ts";

describe("progress", () => {
  it("says nothing of the rate before it can know, then rate and remaining time", () => {
    let now = 0;
    const update = trackProgress(1000, () => now);
    expect(update(10)).toEqual({ done: 10, total: 1000 });
    now = 1000;
    expect(update(100)).toEqual({ done: 100, total: 1000, rate: 100, remainingMs: 9000 });
  });

  it("follows a change of speed within its window", () => {
    let now = 0;
    const update = trackProgress(10_000, () => now);
    for (now = 0; now <= 10_000; now += 500) update(now / 10);
    const start = 1000;
    let last = update(start);
    for (now = 10_500; now <= 20_000; now += 500) last = update(start + (now - 10_000) / 2);
    expect(last.rate).toBeCloseTo(500, 0);
  });

  it("never promises a negative time", () => {
    let now = 0;
    const update = trackProgress(100, () => now);
    now = 1000;
    expect(update(150).remainingMs).toBe(0);
  });
});

describe("sizes and times read as people say them", () => {
  it.each([
    [0, "0 bytes"],
    [1, "1 byte"],
    [999, "999 bytes"],
    [1000, "1.0 kB"],
    [12_345, "12 kB"],
    [999_499, "999 kB"],
    [999_600, "1.0 MB"],
    [8_100_000_000, "8.1 GB"],
  ])("%d bytes is %s", (bytes, text) => expect(formatBytes(bytes)).toBe(text));

  it.each([
    [200, "less than a second"],
    [40_000, "40 s"],
    [200_000, "3 min 20 s"],
    [180_000, "3 min"],
    [7_500_000, "2 h 5 min"],
    [7_200_000, "2 h"],
  ])("%d ms is %s", (ms, text) => expect(formatDuration(ms)).toBe(text));
});
