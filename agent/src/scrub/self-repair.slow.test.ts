/**
 * Laptops that mend themselves from their neighbours, over real sockets; and the check at rest, on
 * a clock of its own.
 */
import fs from "node:fs";
import { readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import type { AgentEvent } from "../laptop/events.ts";
import { createLaptopStatus } from "../laptop/status.ts";
import { keepChannel } from "../store/root/channel-keeper.ts";
import { layoutOf, snapshotOf } from "../store/root/layout.ts";
import { openRoot } from "../store/root/open-root.ts";
import { snapshotContents } from "../store/snapshot/content.ts";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { openPage } from "../testing/page-client.ts";
import { createPacer } from "./pacer.ts";
import { startIdleCheck } from "./scrub.ts";

const HOUR_MS = 3_600_000;

let fixture: ChannelFixture;
const running: TestAgent[] = [];

beforeAll(async () => {
  const health = "#!/bin/sh\n# the same in both versions\nexit 0\n";
  fixture = await createChannelFixture([{ health }, { health }]);
});
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.stop();
});
afterAll(() => fixture.remove());

async function start(root: string): Promise<TestAgent> {
  const agent = await startTestAgent(root);
  running.push(agent);
  return agent;
}

/**
 * A laptop that has nothing to mend itself from, and a file of which somebody has edited in place.
 */
async function makeEdited(
  version: number,
  name = "big",
): Promise<{ root: string; edited: string }> {
  const root = await fixture.makeRoot("edited", version);
  await rm(join(root, "repository/blobs"), { recursive: true });
  const edited = join(root, `versions/${version}/tree/${name}`);
  await writeFile(edited, (await readFile(edited)).fill(0, 10, 20));
  return { root, edited };
}
const original = (version: number, name = "big") =>
  readFile(join(fixture.folder, `tree-${version}`, name));

describe("a laptop with a file that was edited in place", () => {
  it("mends it from the neighbour it updates from, tells of it, and then updates", async () => {
    const { root, edited } = await makeEdited(1, "check");
    await start(await fixture.makeRoot("neighbour", 2));
    const laptop = await start(root);
    expect(await laptop.until("repaired")).toEqual({
      event: "repaired",
      version: 1,
      mended: ["check"],
      left: [],
    });
    await laptop.until("confirmed");
    expect(await readFile(edited)).toEqual(await original(1, "check"));
    expect(await readFile(join(root, "current/check"))).toEqual(await original(2, "check"));
  });

  it("is mended by its doctor from neighbours at the same version, into a new inode; its page says so", async () => {
    const { root, edited } = await makeEdited(2);
    const before = await stat(edited);
    const laptop = await start(root);
    const page = await openPage(laptop);
    expect(await page.ask({ type: "repair" })).toMatchObject({ type: "done" });
    expect(await readFile(edited)).not.toEqual(await original(2));
    await start(await fixture.makeRoot("neighbour", 2));
    expect(await page.ask({ type: "repair" })).toMatchObject({ type: "done" });
    expect(await readFile(edited)).toEqual(await original(2));
    expect((await stat(edited)).ino).not.toBe(before.ino);
  });
});

describe("the check at rest", () => {
  /** A laptop at 2 with a clock of its own, and a neighbour whose files are `helper`'s. */
  async function setUp(root: string, helper?: string, random?: () => number) {
    const opened = await openRoot(root);
    const clock = createFakeClock(random);
    const status = createLaptopStatus(opened, "laptop", []);
    const events: AgentEvent[] = [];
    let closed = 0;
    const source =
      helper === undefined
        ? { waysTo: async () => [] }
        : await snapshotContents([1, 2].map((version) => snapshotOf(layoutOf(helper), version)));
    const check = startIdleCheck({
      ...{ root: opened, clock, status, keeper: await keepChannel(opened) },
      onEvent: (event) => void events.push(event),
      contents: () => ({ ...source, close: () => void closed++ }),
    });
    const end = async () => {
      await check.stop();
      await opened.close();
    };
    /** Lets the clock go on, a slice's pause at a time, until something is told. */
    const untilTold = async () => {
      while (events.length === 0) {
        await new Promise(setImmediate);
        clock.advance(10_000);
      }
    };
    return { root: opened, clock, status, events, end, untilTold, closed: () => closed };
  }

  it("begins an hour or so after the start, finds bit rot, mends it from a neighbour and tells of it", async () => {
    const { root, edited } = await makeEdited(2);
    const { clock, events, status, end, untilTold, closed } = await setUp(
      root,
      await fixture.makeRoot("helper", 2),
    );
    clock.advance(HOUR_MS - 1);
    await new Promise(setImmediate);
    expect([events.length, clock.waiting()]).toEqual([0, 1]);
    clock.advance(1);
    await untilTold();
    expect(events[0]).toEqual({ event: "repaired", version: 2, mended: ["big"], left: [] });
    expect(status.report()).toMatchObject({
      state: "resting",
      problem: { code: "snapshot-damaged" },
    });
    expect(await readFile(edited)).toEqual(await original(2));
    await end();
    expect(closed()).toBe(1);
    expect(clock.waiting()).toBe(0);
  });

  it("tells what nobody has, and what helps", async () => {
    const { root } = await makeEdited(2);
    const { clock, events, status, end, untilTold } = await setUp(root);
    clock.advance(HOUR_MS);
    await untilTold();
    expect(events[0]).toMatchObject({ event: "repaired", left: ["big"] });
    expect(status.report().problem?.hint).toContain("infield doctor --repair --from REPO");
    await end();
  });

  it("finds nothing wrong with what is sound, and comes back after a day", async () => {
    const { root, clock, events, end } = await setUp(await fixture.makeRoot("sound", 2));
    clock.advance(HOUR_MS);
    while (clock.waiting() === 0) await new Promise(setImmediate);
    clock.advance(24 * HOUR_MS - 1);
    expect(clock.waiting()).toBe(1);
    clock.advance(1);
    expect(clock.waiting()).toBe(0);
    while (clock.waiting() === 0) await new Promise(setImmediate);
    expect(events).toEqual([]);
    expect(await readdir(root.path)).not.toContain("staging");
    await end();
  });

  it("begins each time with other files, as it may never get to the last", async () => {
    const { openSync } = fs;
    let read: string[] = [];
    vi.spyOn(fs, "openSync").mockImplementation((path, ...more) => {
      read.push(String(path));
      return openSync(path, ...more);
    });
    // Seen by every module that imports it by name.
    syncBuiltinESMExports();
    /**
     * Paths in the order in which a pass read them. Chance grows from draw to draw in the one, and
     * shrinks in the other.
     */
    const readAll = async (step: number) => {
      let drawn = 0;
      const chance = () => (8_000_000 + step * drawn++) / 16_000_000;
      const { clock, end } = await setUp(await fixture.makeRoot("sound", 2), undefined, chance);
      read = [];
      clock.advance(2 * HOUR_MS);
      while (clock.waiting() === 0) await new Promise(setImmediate);
      await end();
      return read.map((path) => path.replace(/^.*\/versions\//, ""));
    };
    const [forward, backward] = [await readAll(1), await readAll(-1)];
    vi.restoreAllMocks();
    syncBuiltinESMExports();
    expect(forward.length).toBeGreaterThan(2);
    expect(backward).toEqual([...forward].reverse());
  });

  it("is broken off by an update, and by the end of the agent", async () => {
    const { root: path } = await makeEdited(2);
    const { clock, status, events, end } = await setUp(path);
    clock.advance(HOUR_MS);
    await new Promise(setImmediate);
    status.set({ state: "fetching", target: 3 });
    await end();
    expect(clock.waiting()).toBe(0);
    expect(events).toEqual([]);
  });

  it("reads so slowly that it wakes the processor no more than once in ten seconds, however many read", async () => {
    const clock = createFakeClock();
    let slices = 0;
    const pace = createPacer(clock, new AbortController().signal, () => void slices++);
    let bytes = 0;
    const lane = async () => {
      for (let i = 0; i < 100; i++) {
        await pace(256 * 1024);
        bytes += 256 * 1024;
      }
    };
    const reading = Promise.all([lane(), lane(), lane(), lane()]);
    for (const pauses of [0, 1, 2, 3]) {
      await new Promise(setImmediate);
      expect([slices, clock.waiting()]).toEqual([pauses, 1]);
      // A slice, and what each lane was just about to read.
      expect(bytes).toBeLessThanOrEqual((pauses + 1) * (10 + 4 / 4) * 1024 * 1024);
      clock.advance(10_000);
    }
    for (let i = 0; i < 20; i++) {
      await new Promise(setImmediate);
      clock.advance(10_000);
    }
    await reading;
    expect(slices).toBe(9);
  });
});
