/**
 * A laptop as a member of a channel: which groups it is in, what it announces, whom it answers,
 * what it fetches. `joinChannel` makes the parts and says who listens to what; no part knows
 * another that comes later.
 */
import {
  formatAnnouncement,
  formatQuery,
  GROUP_PORT,
  type PeerAddress,
  parseQuery,
  type Query,
  queryGroup,
} from "@infield/shared/announce";
import type { InfieldError } from "@infield/shared/base";
import type { Sharing } from "@infield/shared/transfer";
import { Announcing } from "../discovery/announcing.ts";
import { type Beacon, SocketBeacon } from "../discovery/beacon.ts";
import { MulticastSession } from "../discovery/multicast-session.ts";
import type { NetworkInterface } from "../host/interfaces.ts";
import { noteClone } from "../laptop/clone.ts";
import { CloneWatch } from "../laptop/clone-watch.ts";
import { type AgentEvent, tellProblem } from "../laptop/events.ts";
import type { Links } from "../peers/links.ts";
import { dialPeer } from "../peers/peer-client.ts";
import type { LocalPeer } from "../peers/peer-link.ts";
import type { Presence } from "../presence/presence.ts";
import { KnownPeers } from "../reach/known-peers.ts";
import { PacketLinks } from "../reach/packet-links.ts";
import { waitsAbove } from "../store/root/state.ts";
import { createThrottle } from "../timing/throttle.ts";
import type { UpdatePolicy } from "../updates/policy.ts";
import { Updater } from "../updates/updater.ts";
import { openUpstream, type Upstream } from "../upstream/upstream.ts";
import { tellStored } from "./facts.ts";
import type { Laptop } from "./laptop.ts";
import { NeighbourLinks } from "./neighbour-links.ts";

export interface MembershipOptions extends Omit<Laptop, "classroom" | "teacherKey" | "teachers"> {
  readonly channelId: string;
  readonly local: LocalPeer;
  readonly links: Links;
  /** Tells neighbours who follow a blob of pieces that are here. */
  readonly sharing: Pick<Sharing, "tellHave">;
  readonly interfaces: readonly NetworkInterface[];
  readonly peerPort: number;
  readonly policy: UpdatePolicy;
  /** Laptops to stay connected to, besides those in the book. */
  readonly named: readonly PeerAddress[];
  isPageOpen(): boolean;
  /** A repository on the web, to ask now and then. */
  readonly upstream?: URL | undefined;
  /** Left out: neither told nor looked for. */
  readonly presence?: Presence | undefined;
}

/** The parts of a membership. */
export interface Membership {
  readonly beacon: SocketBeacon;
  readonly session: MulticastSession;
  readonly updater: Updater;
  readonly announcing: Announcing;
  readonly links: NeighbourLinks;
  readonly packets: PacketLinks;
  readonly peers: KnownPeers;
  readonly presence: Presence | undefined;
  readonly upstream: Upstream | undefined;
  /** Resolves once the neighbours were asked, and what came of it has ended or nobody answered. */
  lookAround(): Promise<void>;
  /** Ends timers that wait to say something. */
  fallSilent(): void;
}

/**
 * Between two reports to the same teacher or neighbour: a page of thirty laptops still gets sixty a
 * second.
 */
const REPORT_MS = 500;
/** Between two queries by multicast because somebody connected whom we may not have heard. */
const ASK_AGAIN_MS = 10_000;
/**
 * How long to wait for an answer to "has anybody something newer?": answers come within one, wakes
 * within two seconds.
 */
const LOOK_MS = 5_000;
/** What stands in the place of a group's address where a packet came over a connection. */
const OVER_CONNECTION = "connection";

/** Opens the beacon, on the interfaces that there are, and begins to listen. */
export async function joinChannel(options: MembershipOptions): Promise<Membership> {
  const { bus, clock, status } = options;
  const beacon = new SocketBeacon({
    port: GROUP_PORT,
    onDatagram: (datagram) => bus.emit("datagram", datagram),
    onProblem: (problem) => tellProblem(options.onEvent, problem),
  });
  const links = new NeighbourLinks(options);
  const announcing = new Announcing({
    ...options,
    onChange: (release) => bus.emit("announcing", release),
  });
  const askAround = createThrottle(clock, ASK_AGAIN_MS, () =>
    beacon.send(queryGroup(options.channelId), formatQuery(currentQuery(options))),
  );
  const packets = openPacketLinks(options, announcing, askAround.poke);
  const peers = openKnownPeers(options, packets);
  const updater = openUpdater(options, links);
  const session = openSession(options, beacon, packets, updater);
  const lookAround = () => askAndWait(options, updater);
  const upstream = await openOwnUpstream(options, lookAround);
  const reports = createThrottle(clock, REPORT_MS, () => {
    links.report();
    packets.sendReport();
  });
  await beacon.use(options.interfaces);

  bus.on("datagram", (datagram) => session.onDatagram(datagram));
  bus.on("announcement", (...heard) => updater.hear(...heard));
  bus.on("query", (...heard) => links.hearQuery(...heard));
  bus.on("packet", (packet, link) => packets.hear(packet, link));
  bus.on("multicast", () => peers.hearMulticast());
  bus.on("seen", (version, address) => session.seen(version, address));
  bus.on("ask", (classroom) => session.ask(classroom));
  bus.on("interrupt", () => updater.interrupt());
  bus.on("announcing", (release) => session.announce(release));
  bus.on("announcing", (release) => release && packets.announce());
  bus.on("sharing", (release, until) => {
    until.addEventListener("abort", session.share(release), { once: true });
  });
  status.onChange(reports.poke);
  peers.start();
  return {
    ...{ beacon, session, updater, announcing, links, packets, peers, upstream, lookAround },
    presence: options.presence,
    fallSilent() {
      reports.stop();
      askAround.stop();
      session.stop();
    },
  };
}

/** The query that this laptop would send now. */
function currentQuery({ root, channelId, peerPort, isPageOpen }: MembershipOptions): Query {
  return {
    channel: channelId.slice(0, 16),
    version: waitsAbove(root.state()),
    classroom: isPageOpen(),
    sender: { port: peerPort, id: root.identity.laptopId },
  };
}

/** `onBegin`: whoever connected may hear multicast, and then needs no connection (rule 6.7). */
function openPacketLinks(
  options: MembershipOptions,
  announcing: Announcing,
  onBegin: () => void,
): PacketLinks {
  const { bus, clock, root, status } = options;
  return new PacketLinks({
    ...{ clock, onBegin, report: status.report },
    laptopId: root.identity.laptopId,
    query: () => currentQuery(options),
    announcing: () => announcing.now(),
    onAnnouncement: (bytes, { address }) =>
      bus.emit("datagram", { bytes, address, group: OVER_CONNECTION, received: 1 }),
  });
}

function openKnownPeers(options: MembershipOptions, packets: PacketLinks): KnownPeers {
  const { clock, root, book, named, presence, local } = options;
  return new KnownPeers({
    ...{ clock, packets, book, named },
    laptopId: root.identity.laptopId,
    seen: () => seenBy(presence),
    dial: (host, port, signal) => dialPeer(host, port, local, signal),
  });
}

function seenBy(presence: Presence | undefined): PeerAddress[] {
  const seen = presence?.neighbours() ?? [];
  return seen.flatMap(({ address, port }) => (port === undefined ? [] : [{ host: address, port }]));
}

function openUpdater(options: MembershipOptions, { dial }: NeighbourLinks): Updater {
  const { bus, root, peerPort, sharing } = options;
  return new Updater({
    ...options,
    ...{ dial, tellHave: sharing.tellHave },
    share({ version, signed }) {
      const sender = { port: peerPort, id: root.identity.laptopId };
      const over = new AbortController();
      bus.emit(
        "sharing",
        { version, packet: formatAnnouncement(signed, sender, true) },
        over.signal,
      );
      return () => over.abort();
    },
    ...outcomes(options),
    onRetry: () => bus.emit("ask", false),
  });
}

/** What follows when a release is in use, from wherever it came, and when it is not. */
function outcomes({ root, bus, onEvent }: MembershipOptions) {
  return {
    async onConfirmed(version: number) {
      // Where the laptop boots from its root, only a boot confirms.
      onEvent({ event: root.state().confirmed ? "confirmed" : "boot-needed", version });
      await tellStored(bus);
    },
    onFailed: (target: number, { code, message, hint }: InfieldError) =>
      onEvent({ event: "failed", target, code, message, hint }),
  };
}

function openSession(
  options: MembershipOptions,
  beacon: SocketBeacon,
  packets: PacketLinks,
  updater: Updater,
): MulticastSession {
  const { bus, root, keeper, onEvent } = options;
  const clones = new CloneWatch({ noteClone: () => noteClone(root.path), onEvent });
  return new MulticastSession({
    clock: options.clock,
    beacon: alsoOverConnections(beacon, packets),
    channelId: options.channelId,
    channel: keeper.current,
    laptopId: root.identity.laptopId,
    peerPort: options.peerPort,
    wants: (announcement) => updater.wants(announcement),
    onAnnouncement: (...heard) => bus.emit("announcement", ...heard),
    onQuery: (...heard) => bus.emit("query", ...heard),
    onWoken: () => bus.emit("woken"),
    onOwnId: (address) => clones.hear(address),
    onEvent(event) {
      if (cameByMulticast(event)) bus.emit("multicast");
      onEvent(event);
    },
  });
}

/**
 * What is asked by multicast is asked over connections too; announcements take their own way there.
 */
function alsoOverConnections(beacon: SocketBeacon, packets: PacketLinks): Beacon {
  return {
    join: (group) => beacon.join(group),
    leave: (group) => beacon.leave(group),
    groups: () => beacon.groups(),
    interfaces: () => beacon.interfaces(),
    send(group, packet) {
      beacon.send(group, packet);
      if (parseQuery(packet)) packets.ask(packet);
    },
  };
}

function cameByMulticast(event: AgentEvent): boolean {
  return event.event === "packet" && event.group !== OVER_CONNECTION;
}

async function askAndWait({ bus, clock }: MembershipOptions, updater: Updater): Promise<void> {
  let cancel = () => {};
  const quiet = new Promise<void>((resolve) => {
    cancel = clock.startTimer(LOOK_MS, resolve);
  });
  bus.emit("ask", false);
  await Promise.race([updater.ended(), quiet.then(() => updater.settled())]);
  cancel();
}

async function openOwnUpstream(
  options: MembershipOptions,
  lookAround: () => Promise<void>,
): Promise<Upstream | undefined> {
  const { upstream: url, presence } = options;
  if (url === undefined) return undefined;
  return openUpstream({
    ...options,
    ...{ url, lookAround },
    ...outcomes(options),
    neighbours: () => presence?.neighbours().length ?? 0,
  });
}
