/**
 * The daemon: what it consists of, in the order in which it comes to life. docs/protocol.md says
 * what it speaks.
 */
import { rm } from "node:fs/promises";
import { writeAgentFile } from "../laptop/agent-file.ts";
import { renewClone } from "../laptop/clone.ts";
import { tellProblem } from "../laptop/events.ts";
import { createSleep, type Sleep } from "../laptop/sleep.ts";
import { createPages, type Pages } from "../page/pages.ts";
import { openPresence, type Presence, type PresenceOptions } from "../presence/presence.ts";
import { type IdleCheck, startIdleCheck } from "../scrub/scrub.ts";
import { layoutOf } from "../store/root/layout.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { linuxConditions } from "../updates/conditions.ts";
import { createPolicy } from "../updates/policy.ts";
import { createActions } from "./actions.ts";
import { startDeltas } from "./deltas.ts";
import { Endings } from "./endings.ts";
import { tellStored } from "./facts.ts";
import { type Laptop, openLaptop } from "./laptop.ts";
import { type NeighbourService, startNeighbourService } from "./neighbour-service.ts";
import { Neighbourhood } from "./neighbourhood.ts";
import type { AgentOptions } from "./options.ts";
import { startPageService } from "./page-service.ts";
import { Versions } from "./versions.ts";

export type { AgentEvent } from "../laptop/events.ts";
export type { AgentOptions } from "./options.ts";

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

/**
 * Starts an agent. Throws `port-taken`, `unknown-channel`, `key-invalid` (a teacher key), and what
 * `openRoot` throws; then nothing of it is left running.
 */
export async function startAgent(options: AgentOptions): Promise<RunningAgent> {
  const endings = new Endings();
  try {
    return { ...(await start(options, endings)), stop: () => endings.end() };
  } catch (error) {
    await endings.end();
    throw error;
  }
}

async function start(options: AgentOptions, endings: Endings): Promise<Omit<RunningAgent, "stop">> {
  const was = await renewClone(options.root);
  const root = await openOwnRoot(options, endings);
  if (was) options.onEvent({ event: "renamed", laptop: root.identity.laptopId, was });
  const laptop = await openLaptop(root, options, endings);
  const versions = new Versions(laptop);
  const deltas = startDeltas(laptop, options, endings);
  const service = await startNeighbourService(laptop, versions, deltas.maker, options, endings);
  const pages = createPages(laptop.clock, () => laptop.bus.emit("ask", true));
  const neighbourhood = openNeighbourhood(laptop, service, pages, options, endings);
  const sleep = createOwnSleep(laptop, service, neighbourhood);
  const actions = createActions({ ...laptop, ...deltas, versions, neighbourhood, sleep });
  const peerPort = service.server.port;
  const shown = { pages, actions, neighbourhood, wanted: deltas.wanted, peerPort };
  const pagePort = await startPageService(laptop, shown, options, endings);
  await root.change(() => tellStored(laptop.bus));
  const idleCheck = startOwnIdleCheck(laptop, neighbourhood);
  endings.add(() => idleCheck.stop());
  endings.add(await writeAgentFile(root.path, { port: pagePort, peerPort }));
  tellReady(laptop, { pagePort, peerPort });
  return { pageUrl: `http://localhost:${pagePort}/#${root.identity.token}`, pagePort, peerPort };
}

async function openOwnRoot(options: AgentOptions, endings: Endings): Promise<OpenRoot> {
  const root = await openRoot(options.root, {
    create: true,
    system: options.system,
    ownCheck: options.health,
  });
  endings.add(root.close);
  if (options.upstream === undefined) await rm(layoutOf(root.path).upstreamFile, { force: true });
  return root;
}

function openNeighbourhood(
  laptop: Laptop,
  { local, links, sharing, server, interfaces }: NeighbourService,
  pages: Pages,
  options: AgentOptions,
  endings: Endings,
): Neighbourhood {
  const { bus, clock, root } = laptop;
  const neighbourhood = new Neighbourhood({
    ...laptop,
    ...{ local, links, sharing, interfaces, peerPort: server.port, upstream: options.upstream },
    named: options.peers ?? [],
    isPageOpen: pages.anyOpen,
    policy: createPolicy({
      ...{ clock, root: root.path, conditions: linuxConditions },
      waitsOnBattery: options.waitsOnBattery ?? false,
      quietHours: options.quietHours,
    }),
    openPresence: (channelId) =>
      options.presence
        ? openOwnPresence(
            laptop,
            { channelId, interfaces: interfaces(), peerPort: server.port },
            options,
          )
        : undefined,
  });
  bus.on("stored", () => neighbourhood.follow());
  bus.on("interfaces", (now) => void neighbourhood.use(now));
  endings.add(async () => {
    // What neighbours ask for until then may end by following what it installed.
    await server.close();
    await neighbourhood.leave();
  });
  return neighbourhood;
}

function openOwnPresence(
  { bus, clock, root, onEvent }: Laptop,
  where: Pick<PresenceOptions, "channelId" | "interfaces" | "peerPort">,
  options: AgentOptions,
): Presence {
  return openPresence({
    ...{ ...where, clock, name: options.name, laptopId: root.identity.laptopId },
    everywhere: options.interfaces === undefined,
    onSighting(sighting) {
      bus.emit("seen", sighting.release, sighting.address);
      onEvent({ event: "neighbour", ...sighting });
    },
    onProblem: (problem) => tellProblem(onEvent, problem),
  });
}

function createOwnSleep(
  { bus, onEvent }: Laptop,
  { server, lookAround }: NeighbourService,
  neighbourhood: Neighbourhood,
): Sleep {
  const listener = { pause: server.letGo, resume() {} };
  const sleep = createSleep({ parts: [listener, neighbourhood], lookAround, onEvent });
  bus.on("woken", sleep.wake);
  return sleep;
}

function startOwnIdleCheck(laptop: Laptop, neighbourhood: Neighbourhood): IdleCheck {
  const contents = (version: number, signal: AbortSignal) =>
    neighbourhood.contents(version, signal);
  return startIdleCheck({ ...laptop, contents });
}

function tellReady(
  { root, onEvent }: Laptop,
  ports: { readonly pagePort: number; readonly peerPort: number },
): void {
  const { laptopId: laptop, channel } = root.identity;
  const { current: version } = root.state();
  onEvent({ event: "ready", laptop, version, ...ports, ...(channel && { channel }) });
}
