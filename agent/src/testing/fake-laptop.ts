/**
 * A laptop of the fake network: the real session (discovery, announcer, queries), with a few lines in
 * place of store and transfer. It takes what it hears of within some seconds, tells of its pieces
 * meanwhile, and then announces it.
 */
import { type Announcement, formatAnnouncement, signAnnouncement } from "@infield/shared/announce";
import { type Channel, createChain, createSigningKey, verifyChain } from "@infield/shared/records";
import { seededRandom } from "@infield/shared/testing";
import { MulticastSession } from "../discovery/multicast-session.ts";
import { createFakeClock, type FakeClock } from "./fake-clock.ts";
import { createFakeNetwork, type FakeCard, type FakeNetwork } from "./fake-network.ts";

export interface FakeLaptop {
  readonly card: FakeCard;
  readonly session: MulticastSession;
  version(): number;
  /** Gets it from outside, installs and announces it. */
  take(version: number): Promise<void>;
  /** As an operator's hook does before sleep; the card wakes it. */
  sleep(): Promise<void>;
  isAsleep(): boolean;
  /** As the hook does after it. */
  wake(): void;
}

export interface FakeRoom {
  readonly channel: Channel;
  readonly clock: FakeClock;
  readonly network: FakeNetwork;
  readonly laptops: readonly FakeLaptop[];
}

interface RoomOptions {
  readonly seed: number;
  /** How many of all frames each card loses, 0 to 1. */
  readonly loss: number;
  /** The version that each laptop has. */
  readonly versions: readonly number[];
  /** Versions that are urgent. */
  readonly urgent?: readonly number[];
}

/** From the frame that wakes it to a laptop that runs. */
const RESUME_MS = 1_000;
/**
 * A megabyte on a radio shared by thirty, and a build: the shortest, and how much longer it may
 * take.
 */
const TAKE_MS = 3_000;
const TAKE_LONGER_MS = 12_000;

const key = createSigningKey();
const channel = verifyChain(createChain("Class 4b", key));
const signed = new Map<string, Uint8Array>();

/** A room in which everybody listens, and nobody announces anything yet. */
export async function openRoom({
  seed,
  loss,
  versions,
  urgent = [],
}: RoomOptions): Promise<FakeRoom> {
  const clock = createFakeClock(seededRandom(seed));
  const network = createFakeNetwork(clock, loss);
  const laptops = versions.map((version, index) =>
    createLaptop(clock, network, version, index + 1, urgent),
  );
  await Promise.all(laptops.map((laptop) => laptop.session.follow(laptop.version())));
  return { channel, clock, network, laptops };
}

function createLaptop(
  clock: FakeClock,
  network: FakeNetwork,
  installed: number,
  number: number,
  urgent: readonly number[],
): FakeLaptop {
  const sender = { port: 7461, id: number.toString(16).padStart(16, "0") };
  let version = installed;
  let taking: { readonly version: number; end(): void } | undefined;
  let asleep = false;
  let cancelWaking = () => {};

  const card = network.plugIn({
    onDatagram: (datagram) => session.onDatagram(datagram),
    wakes() {
      if (asleep) cancelWaking = clock.startTimer(RESUME_MS, wake);
      return asleep;
    },
  });
  const session = new MulticastSession({
    ...{ clock, beacon: card, channelId: channel.id, channel: () => channel },
    ...{ laptopId: sender.id, peerPort: sender.port },
    wants: (announcement) => announcement.version > version,
    onAnnouncement: hear,
    onQuery() {},
    onWoken: () => wake(),
    onOwnId() {},
    onEvent() {},
  });

  function hear(announcement: Announcement): void {
    if (announcement.version <= (taking?.version ?? version)) return;
    taking?.end();
    const packet = formatAnnouncement(announcement.signed, sender, true);
    const stopSharing = session.share({ version: announcement.version, packet });
    const cancel = clock.startTimer(
      TAKE_MS + clock.random() * TAKE_LONGER_MS,
      () => void take(announcement.version),
    );
    const end = () => {
      stopSharing();
      cancel();
    };
    taking = { version: announcement.version, end };
  }

  async function take(next: number): Promise<void> {
    taking?.end();
    taking = undefined;
    version = next;
    await session.follow(version);
    const packetOf = (release: number) =>
      formatAnnouncement(announcementOf(release, urgent.includes(release)), sender);
    const newest = Math.max(0, ...urgent.filter((release) => release <= version));
    session.announce({
      ...{ version, packet: packetOf(version) },
      urgent: newest > 0 ? { version: newest, packet: packetOf(newest) } : undefined,
    });
  }

  function wake(): void {
    cancelWaking();
    asleep = false;
    void session.wake();
  }

  return {
    card,
    session,
    version: () => version,
    take,
    async sleep() {
      taking?.end();
      taking = undefined;
      await session.sleep();
      asleep = true;
    },
    isAsleep: () => asleep,
    wake,
  };
}

/** What the volunteer signed: once for all rooms, as a signature takes a while. */
function announcementOf(version: number, urgent: boolean): Uint8Array {
  const name = `${version} ${urgent}`;
  const summary = {
    channel: channel.id.slice(0, 16),
    version,
    urgent,
    recordHash: new Uint8Array(32).fill(version),
    recordBytes: 400,
  };
  const bytes = signed.get(name) ?? signAnnouncement(summary, key);
  signed.set(name, bytes);
  return bytes;
}
