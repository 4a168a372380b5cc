/**
 * The daemon: what it consists of, in the order in which it comes to life. docs/protocol.md says
 * what it speaks.
 */
import { rm } from "node:fs/promises";
import type { PeerAddress } from "@infield/shared/announce";
import { createServer, createSharing, type Report } from "@infield/shared/transfer";
import { isAddressOf, missingInterface } from "../host/interfaces.ts";
import { watchNetwork } from "../host/network-watch.ts";
import { ownAddresses } from "../host/own-addresses.ts";
import { isOnMains } from "../host/power.ts";
import { openAddressBook } from "../laptop/address-book.ts";
import { writeAgentFile } from "../laptop/agent-file.ts";
import type { AgentEvent } from "../laptop/events.ts";
import { createSleep } from "../laptop/sleep.ts";
import { createLaptopStatus } from "../laptop/status.ts";
import { tellUpdateSteps } from "../laptop/update-events.ts";
import { Classroom } from "../page/classroom.ts";
import { createClassroomState } from "../page/classroom-state.ts";
import { loadTeachers } from "../page/orders.ts";
import { openPageLink } from "../page/page-link.ts";
import { startPageServer } from "../page/page-server.ts";
import { createPages } from "../page/pages.ts";
import { createLinks } from "../peers/links.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import { startPeerServer } from "../peers/peer-server.ts";
import { openPresence, type Presence } from "../presence/presence.ts";
import { startIdleCheck } from "../scrub/scrub.ts";
import { keepChannel } from "../store/root/channel-keeper.ts";
import { layoutOf } from "../store/root/layout.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { installedFiles } from "../store/snapshot/installed-files.ts";
import { createDeltaMaker } from "../stragglers/delta-maker.ts";
import { makeBetween } from "../stragglers/make-delta.ts";
import { createRejectedDeltas } from "../stragglers/rejected-deltas.ts";
import { createWantedDeltas } from "../stragglers/wanted-deltas.ts";
import { systemClock as clock } from "../timing/clock.ts";
import { linuxConditions } from "../updates/conditions.ts";
import { createPolicy, type QuietHours } from "../updates/policy.ts";
import { createActions } from "./actions.ts";
import { joinNeighbourhood, type Neighbourhood } from "./neighbourhood.ts";
import { createSwitchHook } from "./switch-hook.ts";

export type { AgentEvent } from "../laptop/events.ts";

export interface AgentOptions {
  /** The laptop's folder; made when it is missing. */
  readonly root: string;
  /** The channel to follow, 64 hex digits: pinned at the first start. */
  readonly channel?: string;
  /** Port of the page; neighbours use the next one. 0: any two. */
  readonly port: number;
  /** Names of network interfaces, which need not be there yet; all that run when left out. */
  readonly interfaces?: readonly string[];
  /** Laptops to stay connected to, besides those that `infield connect` named. */
  readonly peers?: readonly PeerAddress[];
  /** What the classroom calls this laptop. */
  readonly name: string;
  /** Public keys in base64 whose orders are obeyed. */
  readonly teachers: readonly string[];
  /** Owners and setuid bits are installed as they are; only as root. */
  readonly system: boolean;
  /** A command that a new version has to pass besides its own health check. */
  readonly health?: string;
  /** A command that is told of every switch, when it is confirmed. */
  readonly onSwitch?: string;
  /** Tells by mDNS that this laptop is there, and looks who else is; never on loopback. */
  readonly presence: boolean;
  /** A repository on the web that is asked now and then; never any other. */
  readonly upstream?: URL;
  /** A release that is not urgent waits for mains power. */
  readonly waitsOnBattery?: boolean;
  /** When a release that is not urgent is not taken. */
  readonly quietHours?: QuietHours;
  /** Folder of the built page. */
  readonly pageDir: string;
  /**
   * Whether work for others may be done now; what the system says of its power supplies when left
   * out.
   */
  isOnMains?(): Promise<boolean>;
  onEvent(event: AgentEvent): void;
}

export interface RunningAgent {
  /** `http://localhost:PORT/#token`. */
  readonly pageUrl: string;
  readonly pagePort: number;
  readonly peerPort: number;
  /**
   * Ends connections, timers and the lock on the root. Resolves when all of it is gone; throws what
   * could not end.
   */
  stop(): Promise<void>;
}

/** What has been started and how it ends, last first. */
type Endings = (() => Promise<void> | void)[];

/**
 * Starts an agent. Throws `port-taken`, `unknown-channel`, `key-invalid` (a teacher key), and what
 * `openRoot` throws; then nothing of it is left running.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const endings: Endings = [];
  try {
    const root = await openRoot(options.root, {
      create: true,
      system: options.system,
      ownCheck: options.health,
    });
    endings.push(root.close);
    return { ...(await start(root, options, endings)), stop: () => endAll(endings) };
  } catch (error) {
    await endAll(endings);
    throw error;
  }
}

/** Each ends, whatever becomes of the others. Throws the first error. */
async function endAll(endings: Endings): Promise<void> {
  const failures: unknown[] = [];
  for (let end = endings.pop(); end !== undefined; end = endings.pop()) {
    try {
      await end();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}

async function start(
  root: OpenRoot,
  options: AgentOptions,
  endings: Endings,
): Promise<Omit<RunningAgent, "stop">> {
  const { onEvent } = options;
  const teachers = loadTeachers(options.teachers);
  if (options.upstream === undefined) await rm(layoutOf(root.path).upstreamFile, { force: true });
  if (options.channel !== undefined) await root.identity.pinChannel(options.channel);

  // What this laptop knows: its channel, itself, the others.
  const hook = options.onSwitch && (await createSwitchHook(root, options.onSwitch, onEvent));
  if (hook) endings.push(hook.stop);
  const keeper = await keepChannel(root);
  const status = createLaptopStatus(
    root,
    options.name,
    teachers.map((key) => key.id),
  );
  const classroom = new Classroom(clock, onEvent);
  const book = await openAddressBook(layoutOf(root.path).peersFile);
  endings.push(tellUpdateSteps(status, clock, onEvent));

  // What it can be asked to do. The neighbourhood begins with a channel, which an offer may bring
  // later.
  const teacherKey = await root.identity.teacherKey();
  const wanted = createWantedDeltas({
    ...{ root, clock, channel: keeper.current },
    laptops: () => classroom.laptops(teacherKey.publicKey.id),
  });
  const deltaMaker = createDeltaMaker({
    ...{ root, clock, onEvent },
    isOnMains: options.isOnMains ?? isOnMains,
    make: (from, to, signal) => makeBetween({ root, signal }, from, to),
    isPrepared: wanted.isPrepared,
  });
  endings.push(deltaMaker.stop);
  let neighbourhood: Neighbourhood | undefined;
  // Comes after the endings below, the page's and the neighbours': what they asked for may still be
  // under way, and ends by following what it installed.
  endings.push(async () => {
    // An offer that is just being stored may be about to begin a neighbourhood.
    if (neighbourhood === undefined) await root.change(async () => {});
    await neighbourhood?.leave();
  });
  const announcing = () => neighbourhood?.announcing();
  const picture = createClassroomState({
    root,
    keeper,
    status,
    classroom,
    teacherKey: teacherKey.publicKey.id,
    ...{ announcing, wanted },
    reach: () => ({
      port: peers.port,
      addresses: ownAddresses(options.interfaces),
      peers: neighbourhood?.peers.list() ?? [],
    }),
  });
  const shared = {
    root,
    clock,
    keeper,
    status,
    classroom,
    rejectedDeltas: createRejectedDeltas(),
    onEvent,
  };
  const actions = createActions({
    ...shared,
    ...{ teacherKey, teachers, wanted },
    onPicture: () => pages.changed(),
    neighbourhood: () => neighbourhood,
    onStored,
    sleep: () => sleep.sleep(),
    wake: () => sleep.wake(),
  });

  // Neighbours.
  const links = createLinks();
  const serve = createServer(root.repository, installedFiles(root), (blob) =>
    root.incoming.get(blob),
  );
  const sharing = createSharing(serve, clock);
  const local = {
    clock,
    channel: () => root.identity.channel,
    report: status.report,
    sharing,
    delta: deltaMaker.answer,
    obey: actions.obey,
    onOpen: links.add,
    onPacket: (packet: Uint8Array, link: PeerLink) => neighbourhood?.hearPacket(packet, link),
    onReport(report: Report, link: PeerLink) {
      classroom.hear(report, link);
      const isUnderWay = report.state !== "held" && report.state !== "failed";
      // Who is on the way to a release will tell of it soon (docs/protocol.md, rule 2.7).
      neighbourhood?.seen((isUnderWay && report.target) || report.version, link.address);
    },
  };
  const policy = createPolicy({
    ...{ clock, root: root.path, conditions: linuxConditions },
    waitsOnBattery: options.waitsOnBattery ?? false,
    quietHours: options.quietHours,
  });
  const network = watchNetwork({
    clock,
    wallClock: Date.now,
    names: options.interfaces,
    onLook: (interfaces) => void neighbourhood?.use(interfaces),
    onSlept: () => sleep.wake(),
  });
  endings.push(network.stop);
  const missing = options.interfaces && missingInterface(options.interfaces);
  if (missing)
    onEvent({ event: "problem", code: missing.code, message: missing.message, hint: missing.hint });
  // It listens everywhere, and hears only who comes by the interfaces it uses, whichever they are
  // by then.
  const peers = await startPeerServer(
    {
      hosts: [undefined],
      port: options.port === 0 ? 0 : options.port + 1,
      accepts: (address) =>
        options.interfaces === undefined || isAddressOf(network.interfaces(), address),
    },
    local,
  );
  endings.push(peers.close);
  const sleep = createSleep({
    parts: () => [{ pause: peers.letGo, resume() {} }, ...(neighbourhood ? [neighbourhood] : [])],
    lookAround: network.look,
    onEvent,
  });

  async function onStored(): Promise<void> {
    const channelId = root.identity.channel;
    if (channelId !== undefined && neighbourhood === undefined) {
      const joining = {
        ...shared,
        ...{ local, links, sharing, interfaces: network.interfaces(), channelId },
        peerPort: peers.port,
        book,
        policy,
        named: options.peers ?? [],
        isPageOpen: () => pages.anyOpen(),
        upstream: options.upstream,
        onInstalled: onStored,
        ...(options.presence && { presence: startPresence(channelId) }),
        onWoken: sleep.wake,
      };
      neighbourhood = await joinNeighbourhood(joining);
      await neighbourhood.follow();
      neighbourhood.ask(pages.anyOpen());
    } else {
      await neighbourhood?.follow();
    }
    deltaMaker.follow();
    await wanted.refresh();
    await picture.refresh();
    pages.changed();
    if (hook) hook.poke();
  }

  function startPresence(channelId: string): Presence {
    const presence = openPresence({
      ...{ clock, interfaces: network.interfaces(), channelId, name: options.name },
      everywhere: options.interfaces === undefined,
      laptopId: root.identity.laptopId,
      peerPort: peers.port,
      onSighting(sighting) {
        neighbourhood?.seen(sighting.release, sighting.address);
        onEvent({ event: "neighbour", ...sighting });
      },
      onProblem: ({ code, message, hint }) => onEvent({ event: "problem", code, message, hint }),
    });
    endings.push(() => presence.close());
    return presence;
  }

  // The page.
  const pages = createPages(clock, () => neighbourhood?.ask(true));
  endings.push(pages.stop);
  status.onChange(pages.changed);
  classroom.onChange(pages.changed);
  const page = await startPageServer({
    port: options.port,
    pageDir: options.pageDir,
    onSocket: (socket) =>
      openPageLink(socket, {
        clock,
        token: root.identity.token,
        actions: { ...actions, classroom: picture.classroom },
        onOpen: pages.open,
        onClose(link) {
          pages.close(link);
          wanted.leave(link);
        },
      }),
  });
  endings.push(page.close);
  await root.change(onStored);

  const idleCheck = startIdleCheck({
    ...shared,
    contents: (version, signal) => neighbourhood?.contents(version, signal),
  });
  endings.push(idleCheck.stop);

  const ports = { port: page.port, peerPort: peers.port };
  endings.push(await writeAgentFile(root.path, ports));
  const { laptopId: laptop, channel } = root.identity;
  const { current: version } = root.state();
  onEvent({
    event: "ready",
    laptop,
    version,
    pagePort: page.port,
    peerPort: peers.port,
    ...(channel && { channel }),
  });
  const pageUrl = `http://localhost:${page.port}/#${root.identity.token}`;
  return { pageUrl, pagePort: page.port, peerPort: peers.port };
}
