import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readWaiting } from "../laptop/waiting-file.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { isLidClosed } from "./conditions.ts";
import { createPolicy, type PolicyOptions } from "./policy.ts";

const HOUR_MS = 3_600_000;
const release = { version: 7, urgent: false };

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "infield-policy-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

/** A laptop at ten in the morning; on mains power with an open lid unless said otherwise. */
function setUp(options: Partial<Omit<PolicyOptions, "clock" | "root" | "conditions">> = {}) {
  const clock = createFakeClock();
  const now = { mains: true, lidClosed: false, minute: 10 * 60 };
  const start = () =>
    createPolicy({
      ...{ clock, root, waitsOnBattery: false, quietHours: undefined, ...options },
      conditions: {
        isOnMains: async () => now.mains,
        isLidClosed: async () => now.lidClosed,
        minuteOfDay: () => now.minute,
      },
    });
  return { clock, now, start, policy: start() };
}

describe("a release that is not urgent", () => {
  it("is taken at once, on battery too, unless an operator wants it otherwise", async () => {
    const { now, policy } = setUp();
    expect(await policy.judge(release)).toBeUndefined();
    now.mains = false;
    expect(await policy.judge(release)).toBeUndefined();
    expect(existsSync(join(root, "waiting.json"))).toBe(false);
  });

  it("waits for the charger if told to, and notes it on the disk meanwhile", async () => {
    const { now, policy } = setUp({ waitsOnBattery: true });
    now.mains = false;
    expect(await policy.judge(release)).toBe("charger");
    expect(await readWaiting(root)).toEqual({ version: 7, waitsFor: "charger", minutes: 0 });
    now.mains = true;
    expect(await policy.judge(release)).toBeUndefined();
    expect(await readWaiting(root)).toBeUndefined();
  });

  it("waits while the lid is closed on battery (a bag), not in a charging cart", async () => {
    const { now, policy } = setUp();
    now.lidClosed = true;
    expect(await policy.judge(release)).toBeUndefined();
    now.mains = false;
    expect(await policy.judge(release)).toBe("lid");
  });

  it.each([
    [8 * 60, 13 * 60, [7 * 60 + 59, 13 * 60], [8 * 60, 12 * 60 + 59]],
    [22 * 60, 6 * 60, [6 * 60, 21 * 60 + 59], [22 * 60, 0, 5 * 60 + 59]],
  ])("waits in quiet hours from minute %d to %d", async (from, until, outside, inside) => {
    const { now, policy } = setUp({ quietHours: { from, until } });
    for (const minute of outside) {
      now.minute = minute;
      expect(await policy.judge(release), `${minute}`).toBeUndefined();
    }
    for (const minute of inside) {
      now.minute = minute;
      expect(await policy.judge(release), `${minute}`).toBe("hours");
    }
  });

  it("waits a day of running at most, over restarts and newer releases", async () => {
    const { clock, start } = setUp({ quietHours: { from: 8 * 60, until: 13 * 60 } });
    let waited = 0;
    for (let version = 7; waited < 50; version++) {
      // Each lesson the laptop is started anew, and its clock says ten in the morning.
      const policy = start();
      let waits = await policy.judge({ version, urgent: false });
      for (let hour = 0; hour < 4 && waits !== undefined; hour++) {
        clock.advance(HOUR_MS);
        waited++;
        waits = await policy.judge({ version, urgent: false });
      }
      if (waits === undefined) break;
    }
    expect(waited).toBe(24);
  });

  it("is taken now when a person asks, and waits again later", async () => {
    const { clock, now, policy } = setUp({ waitsOnBattery: true });
    now.mains = false;
    expect(await policy.judge(release)).toBe("charger");
    policy.overrule();
    expect(await policy.judge(release)).toBeUndefined();
    clock.advance(HOUR_MS);
    expect(await policy.judge(release)).toBe("charger");
  });

  it("waits also where its waiting cannot be written down, or is damaged", async () => {
    const { now, policy } = setUp({ waitsOnBattery: true });
    now.mains = false;
    writeFileSync(join(root, "waiting.json"), "{");
    expect(await policy.judge(release)).toBe("charger");
    rmSync(root, { recursive: true });
    expect(await policy.judge({ ...release, version: 8 })).toBe("charger");
  });
});

describe("an urgent release", () => {
  it("waits for nothing", async () => {
    const { now, policy } = setUp({ waitsOnBattery: true, quietHours: { from: 0, until: 1439 } });
    Object.assign(now, { mains: false, lidClosed: true });
    expect(await policy.judge({ version: 7, urgent: true })).toBeUndefined();
  });
});

it("a lid is closed when one of the kernel's files says so", async () => {
  const [open, closed] = [join(root, "open"), join(root, "closed")];
  writeFileSync(open, "state:      open\n");
  writeFileSync(closed, "state:      closed\n");
  expect(await isLidClosed([open, join(root, "none")])).toBe(false);
  expect(await isLidClosed([open, closed])).toBe(true);
  expect(await isLidClosed([])).toBe(false);
});
