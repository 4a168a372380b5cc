/**
 * The end of a neighbourhood, on a real store and real sockets of the loopback interface: nothing
 * of it may stay behind.
 */
import { once } from "node:events";
import { copyFile, mkdir } from "node:fs/promises";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import { dirname, join as joinPath } from "node:path";
import { formatQuery, GROUP_PORT, queryGroup } from "@infield/shared/announce";
import { createServer, createSharing } from "@infield/shared/transfer";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { SocketBeacon } from "../discovery/beacon.ts";
import { EventBus } from "../host/event-bus.ts";
import { chooseInterfaces } from "../host/interfaces.ts";
import { openAddressBook } from "../laptop/address-book.ts";
import type { AgentEvent } from "../laptop/events.ts";
import { createLaptopStatus } from "../laptop/status.ts";
import { createLinks } from "../peers/links.ts";
import { keepChannel } from "../store/root/channel-keeper.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { createRejectedDeltas } from "../stragglers/rejected-deltas.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { countUdpSockets } from "../testing/what-is-left.ts";
import type { AgentFacts } from "./facts.ts";
import { Neighbourhood } from "./neighbourhood.ts";

const HOUR_MS = 3_600_000;
const interfaces = chooseInterfaces(["lo"]);

let fixture: ChannelFixture;
const roots: OpenRoot[] = [];
beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}]);
});
afterEach(async () => {
  for (const root of roots.splice(0)) await root.close();
});
afterAll(() => fixture.remove());

/** A laptop at version 1 in its neighbourhood; `onInstalled` is what follows whatever is stored. */
async function join(onInstalled: () => Promise<void>) {
  const root = await openRoot(await fixture.makeRoot("laptop", 1));
  roots.push(root);
  const clock = createFakeClock();
  const status = createLaptopStatus(root, "laptop", []);
  const events: AgentEvent[] = [];
  const links = createLinks();
  const sharing = createSharing(createServer(root.repository), clock);
  const bus = new EventBus<AgentFacts>();
  bus.on("stored", onInstalled);
  const neighbourhood = new Neighbourhood({
    ...{ root, clock, bus, status, keeper: await keepChannel(root) },
    rejectedDeltas: createRejectedDeltas(),
    ...{ links, sharing },
    local: {
      clock,
      channel: () => fixture.channel.id,
      report: status.report,
      sharing,
      onOpen: links.add,
      delta: async () => {
        throw new Error("nobody asks");
      },
      obey: async () => {},
      onReport() {},
      onPacket() {},
    },
    book: await openAddressBook(joinPath(root.path, "peers.json")),
    named: [],
    isPageOpen: () => false,
    interfaces: () => interfaces,
    peerPort: 7461,
    openPresence: () => undefined,
    policy: { judge: async () => undefined, overrule() {} },
    onEvent: (event) => void events.push(event),
  });
  return { root, clock, events, neighbourhood };
}

/** Stores a release and its blob, as after a hand-over. */
async function storeRelease(root: OpenRoot, version: number): Promise<void> {
  const release = fixture.releases[version - 1];
  const blob = release?.record.blobs[0]?.root;
  if (release === undefined || blob === undefined)
    throw new Error(`there is no version ${version}`);
  await mkdir(dirname(root.repository.blobFile(blob)), { recursive: true });
  await copyFile(fixture.repository.blobFile(blob), root.repository.blobFile(blob));
  await root.change(({ repository }) => repository.writeRelease(release.file, release.record));
}

/** Something that is waited for until it is opened. */
function createGate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

it("a laptop stopped while an update is just being confirmed ends: no timer, no socket, nothing announced later", async () => {
  const [confirmed, leaving] = [createGate(), createGate()];
  const before = await countUdpSockets();
  const { root, clock, events, neighbourhood } = await join(async () => {
    confirmed.open();
    await leaving.opened;
    await neighbourhood.follow();
  });
  await neighbourhood.follow();
  expect(await countUdpSockets()).toBeGreaterThan(before);
  await storeRelease(root, 2);
  const updated = neighbourhood.updateFromRepository();
  await confirmed.opened;

  const left = neighbourhood.leave();
  leaving.open();
  await Promise.all([left, updated]);
  const told = events.length;
  expect(clock.waiting()).toBe(0);
  expect(await countUdpSockets()).toBe(before);
  clock.advance(HOUR_MS);
  expect(events.slice(told)).toEqual([]);
});

it("a laptop stopped while it is dialling a teacher does not wait for the hello, which may never come", async () => {
  const teacher = createTcpServer();
  teacher.listen(0, "127.0.0.1");
  await once(teacher, "listening");
  const { port } = teacher.address() as AddressInfo;
  const { clock, neighbourhood } = await join(async () => {});
  await neighbourhood.follow();
  const asker = new SocketBeacon({ port: GROUP_PORT, onDatagram() {}, onProblem() {} });
  await asker.use(interfaces);
  const id = "00000000000000aa";
  const channel = fixture.channel.id.slice(0, 16);
  const query = formatQuery({ channel, version: 1, classroom: true, sender: { port, id } });
  asker.send(queryGroup(fixture.channel.id), query);
  const [socket] = (await once(teacher, "connection")) as [Socket];
  const ended = once(socket.resume(), "close");

  await neighbourhood.leave();
  await ended;
  expect(clock.waiting()).toBe(0);
  await asker.close();
  teacher.close();
});
