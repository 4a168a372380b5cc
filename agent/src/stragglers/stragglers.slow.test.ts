/**
 * Laptops that come back after weeks, whole agents on the loopback interface: nobody made a delta
 * for them in advance.
 */
import { readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { createServer } from "@infield/shared/transfer";
import { afterAll, afterEach, beforeAll, expect, it, onTestFinished } from "vitest";
import { openRoot } from "../store/root/open-root.ts";
import { startTestAgent, type TestAgent } from "../testing/agents.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { openPage } from "../testing/page-client.ts";
import { makeBetween } from "./make-delta.ts";

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
const confirm = (laptop: TestAgent) =>
  laptop.until("confirmed", ({ version }) => version === NEWEST);
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

it("a neighbour with both versions makes the delta; others pass it on, even restarted", async () => {
  const teacher = await start(await both("teacher"));
  const straggler = await start(await fixture.makeRoot("straggler", 1));
  await confirm(straggler);
  expect(await versionIn(straggler.root)).toBe(`${NEWEST}\n`);
  const { bytes } = (await teacher.until("delta", ({ state }) => state === "made")) as {
    bytes: number;
  };
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

it.each([0, 1])(
  "a page prepares a delta before the room is told (its laptop at %i); only a wanted one is taken",
  async (installed) => {
    const maker = await openRoot(await both("maker"));
    onTestFinished(maker.close);
    const page = new AbortController();
    const genuine = await makeBetween({ root: maker, signal: page.signal }, 1, NEWEST);
    const straggler = await start(await fixture.makeRoot("straggler", 1));
    const teacher = await start(await fixture.makeRoot("teacher", installed));
    const repositories = [fixture.repository, maker.repository];
    const open = async (path: string) =>
      (await Promise.all(repositories.map((one) => one.open(path)))).find(
        (found) => found !== undefined,
      );
    const client = await openPage(
      teacher,
      createServer({ versions: fixture.repository.versions, open }),
    );
    for (const { file } of fixture.releases) {
      const texts = { channel: JSON.stringify(fixture.chain), release: JSON.stringify(file) };
      expect(await client.ask({ type: "offer", ...texts })).toMatchObject({ type: "done" });
    }
    const [base, , target] = fixture.releases.map(({ record }) => record.tree);
    const { wanted } = await client.classroom((shown) => shown.wanted !== undefined);
    expect(wanted).toEqual([{ from: 1, to: NEWEST, base, target, laptops: 1 }]);

    const pair = { type: "prepare-delta", from: 1, to: NEWEST } as const;
    expect(await client.ask({ ...pair, preparing: true })).toMatchObject({ type: "done" });
    const offer = { type: "offer-delta", to: NEWEST } as const;
    for (const wrong of [
      { from: 2 },
      { base: "0".repeat(64) },
      { bytes: 2 ** 32 },
      { decoderBytes: 2 ** 28 },
    ]) {
      const answer = await client.ask({ ...offer, delta: { ...genuine, ...wrong } });
      expect(answer, JSON.stringify(wrong)).toMatchObject({ type: "failed", code: "no-path" });
    }
    expect(await client.ask({ ...offer, delta: genuine })).toMatchObject({ type: "done" });
    await client.ask({ type: "update-classroom" });
    await confirm(straggler);
    expect(fetched(straggler)).toBe(genuine.bytes);
    expect(made(teacher)).toEqual([]);
  },
);

it("without releases in between or a full install, stragglers still converge", async () => {
  const root = await both("teacher");
  for (const version of [1, 2]) await rm(join(root, `repository/releases/${version}.json`));
  for (const { record } of fixture.releases)
    for (const blob of record.blobs)
      await rm(join(root, "repository/blobs", blob.root), { force: true });
  await start(root);
  const straggler = await start(await fixture.makeRoot("straggler", 1));
  await confirm(straggler);
  const empty = await start(await fixture.makeRoot("empty", 0));
  await confirm(empty);
  for (const laptop of [straggler, empty]) expect(await versionIn(laptop.root)).toBe(`${NEWEST}\n`);
});
