/**
 * Everything that needs a channel: which groups to be in, what to announce, whom to answer, what to
 * fetch. It follows the store: whatever changes what is installed calls `follow`, and the network
 * side adjusts.
 */
import {
  type Announcement,
  formatAnnouncement,
  formatQuery,
  GROUP_PORT,
  type Group,
  type PeerAddress,
  parseQuery,
  type Query,
  queryGroup,
} from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import type { Sharing } from "@infield/shared/transfer";
import { openBeacon } from "../discovery/beacon.ts";
import { createMulticastSession } from "../discovery/multicast-session.ts";
import { findUrgent, readAnnouncement } from "../discovery/stored-announcement.ts";
import { type NeighbourContents, neighbourContents } from "../fetch/neighbour-contents.ts";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { AddressBook } from "../laptop/address-book.ts";
import type { OnEvent } from "../laptop/events.ts";
import type { Pausable } from "../laptop/sleep.ts";
import type { LaptopStatus } from "../laptop/status.ts";
import { dialWithBackoff } from "../peers/dial-backoff.ts";
import type { Links } from "../peers/links.ts";
import { dialPeer } from "../peers/peer-client.ts";
import type { LocalPeer, PeerLink } from "../peers/peer-link.ts";
import { createTeacherLinks } from "../peers/teacher-links.ts";
import type { Presence } from "../presence/presence.ts";
import { createKnownPeers, type KnownPeers } from "../reach/known-peers.ts";
import { createPacketLinks } from "../reach/packet-links.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { OpenRoot, WritableRoot } from "../store/root/root.ts";
import { waitsAbove } from "../store/root/state.ts";
import type { RejectedDeltas } from "../stragglers/rejected-deltas.ts";
import type { Clock } from "../timing/clock.ts";
import { createThrottle } from "../timing/throttle.ts";
import type { UpdatePolicy } from "../updates/policy.ts";
import { Updater } from "../updates/updater.ts";
import { openUpstream } from "../upstream/upstream.ts";

interface NeighbourhoodOptions {
  readonly root: OpenRoot;
  readonly clock: Clock;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  readonly rejectedDeltas: RejectedDeltas;
  readonly local: LocalPeer;
  readonly links: Links;
  /** Tells neighbours who follow a blob of pieces that are here. */
  readonly sharing: Pick<Sharing, "tellHave">;
  readonly interfaces: readonly NetworkInterface[];
  readonly peerPort: number;
  readonly channelId: string;
  readonly book: AddressBook;
  readonly policy: UpdatePolicy;
  /** Laptops to stay connected to, besides those in the book. */
  readonly named: readonly PeerAddress[];
  isPageOpen(): boolean;
  /** A repository on the web, to ask now and then. */
  readonly upstream?: URL | undefined;
  /** Left out: neither told nor looked for. Whoever opened it closes it. */
  readonly presence?: Presence;
  /** What is installed has changed. */
  onInstalled(): Promise<void>;
  /** It is awake, although it was told to sleep and not that it wakes. */
  onWoken(): void;
  readonly onEvent: OnEvent;
}

/**
 * Its pause breaks off what is being fetched, which goes on later from where it was, and leaves the
 * groups that are not to wake this laptop; after it, it listens again, and asks.
 */
export interface Neighbourhood extends Pausable {
  readonly updater: Updater;
  /**
   * Installs the newest release of our own repository, as far as it is not installed yet, and
   * announces it from the beginning. Throws what `Updater.installNewest` throws.
   */
  updateFromRepository(): Promise<void>;
  /**
   * Listens for what is newer than what is installed or held, and announces what is in use. Only in
   * turn.
   */
  follow(): Promise<void>;
  /** Asks the neighbours for something newer; `classroom`: also to connect and report. */
  ask(classroom: boolean): void;
  /**
   * Asks the neighbours and the upstream for something newer, now; resolves once what came of it
   * has ended, or nobody answered.
   */
  look(): Promise<void>;
  /** Files of an installed version, from neighbours that have it. To be closed. */
  contents(version: number, signal: AbortSignal): NeighbourContents;
  /** Laptops that are connected to by their addresses. */
  readonly peers: KnownPeers;
  /** A packet came over a connection. */
  hearPacket(packet: Uint8Array, link: PeerLink): void;
  /** The release that is being announced. */
  announcing(): number | undefined;
  /** Somebody at this address was seen to have `version`, or to be about to. */
  seen(version: number, address: string): void;
  /** The interfaces as they are now. */
  use(interfaces: readonly NetworkInterface[]): Promise<void>;
  /**
   * Breaks off what is under way, and resolves once that and every connection, timer and socket is
   * gone. The page and the neighbours' listener must have ended before: what they ask for later
   * would be followed here.
   */
  leave(): Promise<void>;
}

/**
 * Between two reports to the same teacher or neighbour: a page of thirty laptops still gets sixty a
 * second.
 */
const REPORT_MS = 500;
/**
 * How long to wait for an answer to "has anybody something newer?": answers come within one, wakes
 * within two seconds.
 */
const LOOK_MS = 5_000;
/** Between two queries by multicast because somebody connected whom we may not have heard. */
const ASK_AGAIN_MS = 10_000;
/** What stands in the place of a group's address where a packet came over a connection. */
const OVER_CONNECTION = "connection";

/**
 * What neighbours may take to hear that this laptop goes to sleep: a lid is closed, and whoever
 * closed it walks away.
 */
const GOODBYE_MS = 1_000;

/** Opens the beacon, on the interfaces that there are. */
export async function joinNeighbourhood(options: NeighbourhoodOptions): Promise<Neighbourhood> {
  const { root, clock, keeper, status, channelId, onEvent } = options;
  const { laptopId } = root.identity;
  const dialled = new Set<PeerLink>();
  let announced: { version: number; packet: Uint8Array } | undefined;
  const teachers = new Set<PeerLink>();
  const say = ({ code, message, hint }: InfieldError) =>
    onEvent({ event: "problem", code, message, hint });

  const beacon = openBeacon({
    port: GROUP_PORT,
    onDatagram: (datagram) => session.onDatagram(datagram),
    onProblem: say,
  });
  const teacherLinks = createTeacherLinks(clock, dialTeacher);
  const updater = new Updater({
    ...options,
    ...{ dial, share, tellHave: options.sharing.tellHave },
    onConfirmed: confirm,
    onFailed,
    onRetry: () => session.ask(false),
  });
  // Whoever connected may hear multicast, and then needs no connection (docs/protocol.md, rule
  // 6.7).
  const askAround = createThrottle(clock, ASK_AGAIN_MS, () =>
    beacon.send(queryGroup(channelId), formatQuery(query())),
  );
  const packets = createPacketLinks({
    clock,
    laptopId,
    query,
    announcing: () => (session.announcing() === announced?.version ? announced : undefined),
    onAnnouncement: (bytes, { address }) =>
      session.onDatagram({ bytes, address, group: OVER_CONNECTION, received: 1 }),
    onBegin: askAround.poke,
    report: status.report,
  });
  const peers = createKnownPeers({
    ...{ clock, laptopId, packets, book: options.book, named: options.named },
    seen: () => seenBy(options.presence),
    dial: (host, port, signal) => dialPeer(host, port, options.local, signal),
  });
  const session = createMulticastSession({
    clock,
    // What is asked by multicast is asked over connections too; announcements take their own way
    // there.
    beacon: { ...beacon, send: askEverywhere },
    channelId,
    channel: keeper.current,
    laptopId,
    peerPort: options.peerPort,
    wants: (announcement) => updater.wants(announcement),
    onAnnouncement: (announcement, address, isProven) =>
      updater.hear(announcement, address, isProven),
    onQuery(query, address) {
      if (query.classroom) teacherLinks.onQuery(query, address);
    },
    onWoken: options.onWoken,
    onEvent(event) {
      if (event.event === "packet" && event.group !== OVER_CONNECTION) peers.hearMulticast();
      onEvent(event);
    },
  });
  const upstream =
    options.upstream &&
    (await openUpstream({
      ...options,
      ...{ url: options.upstream, lookAround, onConfirmed: confirm, onFailed },
      neighbours: () => options.presence?.neighbours().length ?? 0,
    }));
  await beacon.use(options.interfaces);
  const reports = createThrottle(clock, REPORT_MS, () => {
    for (const link of teachers) link.sendReport(status.report());
    packets.sendReport();
  });
  status.onChange(reports.poke);

  const dialPaused = dialWithBackoff(clock, (address, port, signal) =>
    dialPeer(address, port, options.local, signal),
  );
  async function dial(address: string, port: number, signal: AbortSignal): Promise<PeerLink> {
    const link = await dialPaused(address, port, signal);
    dialled.add(link);
    void options.book.meet({ host: address, port });
    void link.closed.then(() => dialled.delete(link));
    return link;
  }

  function query(): Query {
    return {
      channel: channelId.slice(0, 16),
      version: waitsAbove(root.state()),
      classroom: options.isPageOpen(),
      sender: { port: options.peerPort, id: laptopId },
    };
  }

  function askEverywhere(group: Group, packet: Uint8Array): void {
    beacon.send(group, packet);
    if (parseQuery(packet)) packets.ask(packet);
  }

  async function dialTeacher(
    address: string,
    port: number,
    signal: AbortSignal,
  ): Promise<PeerLink> {
    const link = await dial(address, port, signal);
    teachers.add(link);
    void link.closed.then(() => teachers.delete(link));
    return link;
  }

  function share({ version, signed }: Announcement): () => void {
    const packet = formatAnnouncement(signed, { port: options.peerPort, id: laptopId }, true);
    return session.share({ version, packet });
  }

  async function lookAround(): Promise<void> {
    let cancel = () => {};
    const quiet = new Promise<void>((resolve) => {
      cancel = clock.startTimer(LOOK_MS, resolve);
    });
    session.ask(false);
    await Promise.race([updater.ended(), quiet.then(() => updater.settled())]);
    cancel();
  }

  function onFailed(target: number, { code, message, hint }: InfieldError): void {
    onEvent({ event: "failed", target, code, message, hint });
  }

  async function confirm(version: number): Promise<void> {
    // Where the laptop boots from its root, only a boot confirms.
    onEvent({ event: root.state().confirmed ? "confirmed" : "boot-needed", version });
    await options.onInstalled();
  }

  async function follow(): Promise<void> {
    const state = root.state();
    const { current, confirmed } = state;
    // As with announcements (rule 2.3): a release that may still be taken back is not told of.
    if (confirmed || current === 0) options.presence?.update(current);
    await session.follow(waitsAbove(state));
    if (!confirmed) session.announce(undefined);
    else if (session.announcing() !== current) await announce();
  }

  async function updateFromRepository(writable: WritableRoot): Promise<void> {
    const before = session.announcing();
    // A release that does not work here is told to nobody.
    const version = await updater.installNewest(writable);
    if (before === version) await announce();
  }

  /** Announces the release in use from the beginning: often at first. */
  async function announce(): Promise<void> {
    const version = root.state().current;
    const signed = await readAnnouncement(root, keeper, version).catch((error: unknown) => {
      if (error instanceof InfieldError) say(error);
    });
    if (signed === undefined) {
      session.announce(undefined);
      return;
    }
    const packetOf = (summary: { signed: Uint8Array }) =>
      formatAnnouncement(summary.signed, { port: options.peerPort, id: laptopId });
    const packet = packetOf(signed);
    const urgent = await findUrgent(root, keeper, version);
    session.announce({
      ...{ version, packet },
      urgent: urgent && { version: urgent.version, packet: packetOf(urgent) },
    });
    announced = { version, packet };
    packets.announce();
    onEvent({ event: "announced", version, urgent: signed.urgent });
  }

  async function pause(): Promise<void> {
    updater.pause();
    for (const link of dialled) link.close();
    let cancel = () => {};
    const tooLong = new Promise<void>((resolve) => {
      cancel = clock.startTimer(GOODBYE_MS, resolve);
    });
    const goodbyes = Promise.all([peers.stop(), ...[...dialled].map((link) => link.closed)]);
    await Promise.all([
      session.sleep(),
      upstream?.pause(),
      options.presence?.pause(),
      Promise.race([goodbyes, tooLong]),
    ]);
    cancel();
  }

  function resume(): void {
    updater.resume();
    upstream?.resume();
    options.presence?.resume();
    peers.start();
    void session.wake();
  }

  peers.start();
  return {
    updater,
    peers,
    hearPacket: packets.hear,
    follow,
    ask: session.ask,
    async look() {
      updater.forgetFailures();
      options.policy.overrule();
      peers.retry();
      await Promise.all([lookAround(), upstream?.ask()]);
    },
    updateFromRepository: () => root.change(updateFromRepository),
    contents: (version, signal) =>
      neighbourContents(() => session.findHolders(version, signal), dial, signal),
    announcing: session.announcing,
    seen: session.seen,
    async use(interfaces) {
      options.presence?.use(interfaces);
      if (await beacon.use(interfaces)) session.arrive();
    },
    pause,
    resume,
    async leave() {
      // First the teachers, who might order something; then what is under way: an update that is
      // just being confirmed, or a roll-back, ends by following what it installed, and its timers
      // and sockets would keep the process alive.
      teacherLinks.close();
      const left = peers.stop();
      await Promise.all([updater.stop(), upstream?.stop()]);
      for (const link of dialled) link.close();
      reports.stop();
      askAround.stop();
      session.stop();
      await Promise.all([left, ...[...dialled].map((link) => link.closed)]);
      await options.book.settled();
      await beacon.close();
    },
  };
}

function seenBy(presence: Presence | undefined): PeerAddress[] {
  const seen = presence?.neighbours() ?? [];
  return seen.flatMap(({ address, port }) => (port === undefined ? [] : [{ host: address, port }]));
}
