/** The neighbours connected now, whoever dialled: a connection is used both ways. */
import type { PeerLink } from "./peer-link.ts";

export interface Links {
  /** A neighbour has said hello. */
  add(link: PeerLink): void;
  all(): readonly PeerLink[];
  /** Calls `meet` for each one that comes, until what it returns is called. */
  onOpen(meet: (link: PeerLink) => void): () => void;
}

export function createLinks(): Links {
  const open = new Set<PeerLink>();
  const listeners = new Set<(link: PeerLink) => void>();
  return {
    add(link) {
      open.add(link);
      void link.closed.then(() => open.delete(link));
      for (const meet of listeners) meet(link);
    },
    all: () => [...open],
    onOpen(meet) {
      listeners.add(meet);
      return () => listeners.delete(meet);
    },
  };
}
