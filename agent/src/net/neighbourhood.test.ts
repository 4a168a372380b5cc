/** The end of a neighbourhood, on a real store and real sockets of the loopback interface: nothing of it may stay behind. */
import { copyFile, mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import { createServer } from "@infield/shared";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { openRoot, type Root } from "../store/root.ts";
import { keepChannel } from "./channel-keeper.ts";
import type { AgentEvent } from "./events.ts";
import { chooseInterfaces } from "./interfaces.ts";
import { joinNeighbourhood } from "./neighbourhood.ts";
import { createSelf } from "./self.ts";
import { type ChannelFixture, createChannelFixture } from "./testing/channel-fixture.ts";
import { createFakeClock } from "./testing/fake-clock.ts";
import { createTurns } from "./turns.ts";

const HOUR_MS = 3_600_000;

let fixture: ChannelFixture;
const roots: Root[] = [];
beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}]);
});
afterEach(async () => {
  for (const root of roots.splice(0)) await root.close();
});
afterAll(() => fixture.remove());

/** A laptop at version 1 in its neighbourhood; `onInstalled` is what follows a confirmed update. */
async function join(onInstalled: () => Promise<void>) {
  const root = await openRoot(await fixture.makeRoot("laptop", 1));
  roots.push(root);
  const clock = createFakeClock();
  const self = createSelf(root, "laptop", []);
  const events: AgentEvent[] = [];
  const neighbourhood = await joinNeighbourhood({
    ...{ root, clock, self, keeper: await keepChannel(root), inTurn: createTurns(), onInstalled },
    local: {
      clock,
      channel: () => fixture.channel.id,
      report: self.report,
      serve: createServer(root.repository),
      obey: async () => {},
      onReport() {},
    },
    interfaces: chooseInterfaces(["lo"]),
    peerPort: 7461,
    channelId: fixture.channel.id,
    onEvent: (event) => void events.push(event),
  });
  return { root, clock, events, neighbourhood };
}

/** Stores a release and its blob, as after a hand-over. */
async function storeRelease({ repository }: Root, version: number): Promise<void> {
  const release = fixture.releases[version - 1];
  const blob = release?.record.blobs[0]?.root;
  if (release === undefined || blob === undefined) throw new Error(`there is no release ${version}`);
  await mkdir(dirname(repository.blobFile(blob)), { recursive: true });
  await copyFile(fixture.repository.blobFile(blob), repository.blobFile(blob));
  await repository.writeRelease(release.file, release.record);
}

/** Something that is waited for until it is opened. */
function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

/** UDP sockets of this process that are open; a closed one is gone in the next turn of the event loop. */
async function countSockets(): Promise<number> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  return process.getActiveResourcesInfo().filter((kind) => kind === "UDPWRAP").length;
}

it("a laptop stopped while an update is just being confirmed ends: no timer, no socket, nothing announced later", async () => {
  const [confirmed, leaving] = [createGate(), createGate()];
  const before = await countSockets();
  const { root, clock, events, neighbourhood } = await join(async () => {
    confirmed.open();
    await leaving.opened;
    await neighbourhood.follow();
  });
  await neighbourhood.follow();
  await storeRelease(root, 2);
  const updated = neighbourhood.updater.updateFromRepository();
  await confirmed.opened;

  const left = neighbourhood.leave();
  leaving.open();
  await Promise.all([left, updated]);
  const told = events.length;
  expect(clock.waiting()).toBe(0);
  expect(await countSockets()).toBe(before);
  clock.advance(HOUR_MS);
  expect(events.slice(told)).toEqual([]);
});
