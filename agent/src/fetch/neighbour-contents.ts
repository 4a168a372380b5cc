/** Neighbours as a source of files by their hash, found and dialled only when one is needed. */
import { type Asker, fetchContent } from "@infield/shared/transfer";
import type { Source } from "../discovery/source.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { ContentSource } from "../store/snapshot/content.ts";

/** One neighbour that is connected already. */
export function askerContents(asker: Asker, signal: AbortSignal): ContentSource {
  return { waysTo: async ({ sha256 }) => [() => fetchContent(asker, sha256, signal)] };
}

export interface NeighbourContents extends ContentSource {
  /** Hangs up on them. */
  close(): void;
}

/** The neighbours that `find` finds, without those that cannot be reached. */
export function neighbourContents(
  find: () => Promise<readonly Source[]>,
  dial: (address: string, port: number, signal: AbortSignal) => Promise<PeerLink>,
  signal: AbortSignal,
): NeighbourContents {
  let links: Promise<PeerLink[]> | undefined;

  async function connect(): Promise<PeerLink[]> {
    const dialled = (await find()).map(({ address, port }) => dial(address, port, signal));
    const results = await Promise.allSettled(dialled);
    return results.flatMap((result) => (result.status === "fulfilled" ? [result.value] : []));
  }
  return {
    async waysTo({ sha256 }) {
      links ??= connect();
      return (await links).map(
        ({ asker }) =>
          () =>
            fetchContent(asker, sha256, signal),
      );
    },
    close() {
      void links?.then((open) => {
        for (const link of open) link.close();
      });
    },
  };
}
