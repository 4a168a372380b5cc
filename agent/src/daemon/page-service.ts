/** The teacher's page on this laptop: its server, what it shows, and what it can have done. */
import { ownAddresses } from "../host/own-addresses.ts";
import { createClassroomState } from "../page/classroom-state.ts";
import type { PageActions } from "../page/page-actions.ts";
import { openPageLink } from "../page/page-link.ts";
import { startPageServer } from "../page/page-server.ts";
import type { Pages } from "../page/pages.ts";
import type { WantedDeltas } from "../stragglers/wanted-deltas.ts";
import type { Endings } from "./endings.ts";
import type { Laptop } from "./laptop.ts";
import type { Neighbourhood } from "./neighbourhood.ts";
import type { AgentOptions } from "./options.ts";

interface PageServiceOptions {
  readonly pages: Pages;
  readonly actions: Omit<PageActions, "classroom">;
  readonly neighbourhood: Neighbourhood;
  readonly wanted: WantedDeltas;
  readonly peerPort: number;
}

/** Resolves to the page's port. Throws `port-taken`. */
export async function startPageService(
  laptop: Laptop,
  service: PageServiceOptions,
  options: AgentOptions,
  endings: Endings,
): Promise<number> {
  const { root, clock, bus, teacherKey } = laptop;
  const { pages, neighbourhood, wanted } = service;
  const state = createClassroomState({
    ...{ ...laptop, wanted, teacherKey: teacherKey.publicKey.id },
    announcing: () => neighbourhood.announcing(),
    reach: () => ({
      port: service.peerPort,
      addresses: ownAddresses(options.interfaces),
      peers: neighbourhood.listPeers(),
    }),
  });
  bus.on("stored", state.refresh);
  bus.on("shown", pages.changed);
  endings.add(pages.stop);
  const server = await startPageServer({
    port: options.port,
    pageDir: options.pageDir,
    onSocket: (socket) =>
      openPageLink(socket, {
        ...{ clock, token: root.identity.token },
        actions: { ...service.actions, classroom: state.classroom },
        onOpen: pages.open,
        onClose(link) {
          pages.close(link);
          wanted.leave(link);
        },
      }),
  });
  endings.add(server.close);
  return server.port;
}
