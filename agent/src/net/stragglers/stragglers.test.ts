/** Laptops that come back after weeks, whole agents on the loopback interface: nobody made a delta for them in advance. */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";

/** Releases, each with a delta of about 300 kB from the one before. */
const NEWEST = 3;
let fixture: ChannelFixture;
const running: TestAgent[] = [];

beforeAll(async () => {
  fixture = await createChannelFixture(Array.from({ length: NEWEST }, () => ({})));
});
afterEach(async () => {
  for (const agent of running.splice(0)) await agent.stop();
});
afterAll(() => fixture.remove());

async function start(...args: Parameters<typeof startTestAgent>): Promise<TestAgent> {
  const agent = await startTestAgent(...args);
  running.push(agent);
  return agent;
}
/** A laptop that went from 1 to the newest in one update: it has both. */
const both = (name: string) => fixture.makeRoot(name, NEWEST, [1]);
const confirm = (laptop: TestAgent) => laptop.until("confirmed", ({ version }) => version === NEWEST);
const versionIn = (root: string) => readFile(join(root, "current", "version"), "utf8");
const chainBytes = () =>
  fixture.releases.slice(1).reduce((sum, { record }) => sum + (record.blobs[0]?.bytes ?? 0), 0);
/** Bytes that it said it had to fetch. */
const fetched = ({ events }: TestAgent) =>
  Math.max(
    ...events.flatMap((event) =>
      event.event === "update" && event.state === "fetching" ? [event.progress?.total ?? 0] : [],
    ),
  );
const made = ({ events }: TestAgent) =>
  events.flatMap((event) => (event.event === "delta" ? [event.state] : []));

it("a neighbour that has both versions makes the delta; who took it passes it on, also after a restart", async () => {
  const teacher = await start(await both("teacher"));
  const straggler = await start(await fixture.makeRoot("straggler", 1));
  await confirm(straggler);
  expect(await versionIn(straggler.root)).toBe(`${NEWEST}\n`);
  const { bytes } = (await teacher.until("delta", ({ state }) => state === "made")) as { bytes: number };
  expect(fetched(straggler)).toBe(bytes);
  expect(bytes).toBeLessThan(chainBytes());
  expect((await readdir(join(straggler.root, "versions"))).sort()).toEqual(["1", `${NEWEST}`]);

  await Promise.all(running.splice(0).map((agent) => agent.stop()));
  const passer = await start(straggler.root, { isOnMains: async () => false });
  const second = await start(await fixture.makeRoot("second", 1));
  await confirm(second);
  expect(fetched(second)).toBe(bytes);
  expect(made(passer)).toEqual([]);
});

it("on battery nothing is made, and the straggler takes the chain", async () => {
  const teacher = await start(await both("teacher"), { isOnMains: async () => false });
  const straggler = await start(await fixture.makeRoot("straggler", 1));
  await confirm(straggler);
  expect(fetched(straggler)).toBe(chainBytes());
  expect(made(teacher)).toEqual([]);
});

it("a straggler converges when the releases in between are gone, and so does a new laptop when nobody has the full install", async () => {
  const root = await both("teacher");
  for (const version of [1, 2]) await rm(join(root, `repository/releases/${version}.json`));
  for (const { record } of fixture.releases)
    for (const blob of record.blobs) await rm(join(root, "repository/blobs", blob.root), { force: true });
  await start(root);
  const straggler = await start(await fixture.makeRoot("straggler", 1));
  await confirm(straggler);
  const empty = await start(await fixture.makeRoot("empty", 0));
  await confirm(empty);
  for (const laptop of [straggler, empty]) expect(await versionIn(laptop.root)).toBe(`${NEWEST}\n`);
});
