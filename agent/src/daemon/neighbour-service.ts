/** What neighbours can ask of this laptop: its listener, and what a connection may do. */
import { createServer, createSharing, type Report, type Sharing } from "@infield/shared/transfer";
import { isAddressOf, missingInterface, type NetworkInterface } from "../host/interfaces.ts";
import { watchNetwork } from "../host/network-watch.ts";
import { tellProblem } from "../laptop/events.ts";
import { createLinks, type Links } from "../peers/links.ts";
import type { LocalPeer } from "../peers/peer-link.ts";
import { type PeerServer, startPeerServer } from "../peers/peer-server.ts";
import { installedFiles } from "../store/snapshot/installed-files.ts";
import type { DeltaMaker } from "../stragglers/delta-maker.ts";
import type { Endings } from "./endings.ts";
import type { Laptop } from "./laptop.ts";
import type { AgentOptions } from "./options.ts";
import type { Versions } from "./versions.ts";

export interface NeighbourService {
  readonly local: LocalPeer;
  readonly links: Links;
  readonly sharing: Sharing;
  readonly server: PeerServer;
  /** The network interfaces in use. */
  interfaces(): readonly NetworkInterface[];
  /** Looks at them now: the radio was off. */
  lookAround(): void;
}

/** Throws `port-taken`. */
export async function startNeighbourService(
  laptop: Laptop,
  versions: Versions,
  deltas: DeltaMaker,
  options: AgentOptions,
  endings: Endings,
): Promise<NeighbourService> {
  const { root, clock, onEvent } = laptop;
  const links = createLinks();
  const serve = createServer(root.repository, installedFiles(root), (blob) =>
    root.incoming.get(blob),
  );
  const sharing = createSharing(serve, clock);
  const local = describeLocal(laptop, { versions, deltas, links, sharing });
  const network = watchNetwork({
    ...{ clock, wallClock: Date.now, names: options.interfaces },
    onLook: (interfaces) => laptop.bus.emit("interfaces", interfaces),
    onSlept: () => laptop.bus.emit("woken"),
  });
  endings.add(network.stop);
  const missing = options.interfaces && missingInterface(options.interfaces);
  if (missing) tellProblem(onEvent, missing);
  // It listens everywhere, and hears only who comes by the interfaces it uses, whichever they are
  // by then.
  const listening = {
    hosts: [undefined],
    port: options.port === 0 ? 0 : options.port + 1,
    accepts: (address: string) =>
      options.interfaces === undefined || isAddressOf(network.interfaces(), address),
  };
  const server = await startPeerServer(listening, local);
  endings.add(server.close);
  return {
    ...{ local, links, sharing, server },
    interfaces: network.interfaces,
    lookAround: network.look,
  };
}

interface LocalParts extends Pick<NeighbourService, "links" | "sharing"> {
  readonly versions: Versions;
  readonly deltas: DeltaMaker;
}

function describeLocal(
  laptop: Laptop,
  { versions, deltas, links, sharing }: LocalParts,
): LocalPeer {
  const { root, clock, bus, status, classroom } = laptop;
  return {
    ...{ clock, sharing },
    channel: () => root.identity.channel,
    report: status.report,
    delta: deltas.answer,
    obey: (order, challenge) => versions.obey(order, challenge),
    onOpen: links.add,
    onPacket: (packet, link) => bus.emit("packet", packet, link),
    onReport(report, link) {
      classroom.hear(report, link);
      bus.emit("seen", versionSeen(report), link.address);
    },
  };
}

/** Who is on the way to a release will tell of it soon (docs/protocol.md, rule 2.7). */
function versionSeen({ state, target, version }: Report): number {
  const isUnderWay = state !== "held" && state !== "failed";
  return (isUnderWay && target) || version;
}
