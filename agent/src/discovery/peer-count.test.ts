import { expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import { createPeerCount } from "./peer-count.ts";

const HOUR_MS = 3_600_000;

function setUp() {
  const clock = createFakeClock();
  return { clock, peerCount: createPeerCount(clock) };
}

it("a laptop that has heard of nobody is alone", () => {
  expect(setUp().peerCount.count(0)).toBe(1);
});

it("laptops count once each, whichever of their two addresses they are heard at, with what they have now", () => {
  const { peerCount } = setUp();
  for (const address of ["fe80::1%wlan0", "192.0.2.1", "fe80::2%wlan0", "fe80::1%wlan0"])
    peerCount.hear(5, address);
  expect([4, 5, 6].map(peerCount.count)).toEqual([3, 3, 1]);
  peerCount.hear(6, "fe80::1%wlan0");
  expect([5, 6].map(peerCount.count)).toEqual([3, 2]);
  peerCount.hear(4, "fe80::1%wlan0");
  expect([5, 6].map(peerCount.count)).toEqual([2, 1]);
});

it("who is not heard of for a day does not count any more", () => {
  const { clock, peerCount } = setUp();
  peerCount.hear(5, "192.0.2.1");
  clock.advance(12 * HOUR_MS);
  peerCount.hear(5, "192.0.2.2");
  clock.advance(12 * HOUR_MS);
  expect(peerCount.count(5)).toBe(2);
  clock.advance(12 * HOUR_MS);
  expect(peerCount.count(5)).toBe(1);
});

it("however many addresses somebody invents, a room has 64 laptops at most", () => {
  const { peerCount } = setUp();
  for (let host = 0; host < 5_000; host++) peerCount.hear(5, `fe80::${host.toString(16)}%wlan0`);
  expect(peerCount.count(5)).toBe(64);
});

it("in another room nobody is known", () => {
  const { peerCount } = setUp();
  peerCount.hear(5, "192.0.2.1");
  peerCount.forget();
  expect(peerCount.count(5)).toBe(1);
});
