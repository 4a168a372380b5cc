import { describe, expect, it } from "vitest";
import { createFakeClock } from "../testing/fake-clock.ts";
import type { NetworkInterface } from "./interfaces.ts";
import { watchNetwork } from "./network-watch.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const wlan0: NetworkInterface = {
  name: "wlan0",
  ipv4: "192.0.2.7",
  ipv6: true,
  addresses: ["192.0.2.7"],
};

function setUp() {
  const clock = createFakeClock();
  const looks: { at: number; names: string[] }[] = [];
  let found: NetworkInterface[] = [];
  let ahead = 1_000_000;
  let slept = 0;
  const network = watchNetwork({
    clock,
    wallClock: () => clock.now() + ahead,
    names: undefined,
    readInterfaces: () => found,
    onLook: (interfaces) =>
      looks.push({ at: clock.now(), names: interfaces.map((one) => one.name) }),
    onSlept: () => void slept++,
  });
  return {
    ...{ clock, looks, network },
    plug: (...interfaces: NetworkInterface[]) => {
      found = interfaces;
    },
    /** Time goes on and timers stand still; or somebody sets the clock. */
    sleep: (ms: number) => {
      ahead += ms;
    },
    slept: () => slept,
  };
}

describe("a laptop", () => {
  it("looks for interfaces at once after its start, and at rest once a minute", () => {
    const { clock, looks } = setUp();
    clock.advance(3_500);
    expect(looks.map(({ at }) => at)).toEqual([1_000, 3_000]);
    clock.advance(HOUR_MS);
    looks.length = 0;
    clock.advance(HOUR_MS);
    expect(looks.length).toBe(60);
  });

  it("uses an interface within a minute of its coming, and then looks often again, as more may come", () => {
    const { clock, looks, plug, network } = setUp();
    clock.advance(HOUR_MS);
    expect(network.interfaces()).toEqual([]);
    plug(wlan0);
    looks.length = 0;
    clock.advance(MINUTE_MS);
    expect(looks[0]?.names).toEqual(["wlan0"]);
    expect(network.interfaces()).toEqual([wlan0]);
    clock.advance(MINUTE_MS);
    expect(looks.length).toBeGreaterThan(6);
  });

  it("looks at once when it is told to", () => {
    const { clock, looks, plug, network } = setUp();
    clock.advance(HOUR_MS);
    looks.length = 0;
    plug(wlan0);
    network.look();
    expect(looks.map(({ names }) => names)).toEqual([["wlan0"]]);
    clock.advance(3_500);
    expect(looks.length).toBe(3);
  });

  it("that slept without being told finds out within a minute, once", () => {
    const { clock, sleep, slept } = setUp();
    clock.advance(HOUR_MS);
    expect(slept()).toBe(0);
    sleep(8 * HOUR_MS);
    clock.advance(MINUTE_MS);
    expect(slept()).toBe(1);
    clock.advance(HOUR_MS);
    expect(slept()).toBe(1);
  });

  it("that was told of its sleep does not find out again; nor does one whose clock is set back or by seconds", () => {
    const { clock, sleep, slept, network } = setUp();
    sleep(8 * HOUR_MS);
    network.look();
    clock.advance(HOUR_MS);
    for (const ms of [-10 * HOUR_MS, 10_000]) {
      sleep(ms);
      clock.advance(HOUR_MS);
    }
    expect(slept()).toBe(0);
  });

  it("looks no more once it has stopped", () => {
    const { clock, looks, network } = setUp();
    network.stop();
    clock.advance(HOUR_MS);
    expect([looks, clock.waiting()]).toEqual([[], 0]);
  });
});
