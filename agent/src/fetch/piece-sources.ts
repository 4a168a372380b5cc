/**
 * Those whom one release is fetched from: everybody who is connected, whoever dialled, and a few
 * more of those who announced it (docs/protocol.md, rule 10.1).
 */
import type { BlobRecord } from "@infield/shared/records";
import { type Asker, peerFailed, type Swarm } from "@infield/shared/transfer";
import type { Source } from "../discovery/source.ts";
import { isNeighboursFault, isWrongBytes } from "../peers/neighbour-fault.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { BlobSource } from "./fetch-blob.ts";
import { PeerSet } from "./peer-set.ts";
import { SourceDialler, type SourceDiallerOptions } from "./source-dialler.ts";

export class PieceSources implements BlobSource {
  readonly #options: SourceDiallerOptions;
  readonly #dialler: SourceDialler;

  constructor(options: SourceDiallerOptions) {
    this.#options = options;
    this.#dialler = new SourceDialler(options);
  }

  /** Connects to a source for what only one is asked for. Throws what `dial` throws. */
  dial(source: Source): Promise<PeerLink> {
    return this.#dialler.dial(source);
  }

  async ask<T>(question: (asker: Asker, source: string) => Promise<T>): Promise<T> {
    const asked = new Set<PeerLink>();
    for (let failure: unknown = peerFailed("is not there"); ; ) {
      const link = this.#dialler.usable().find((one) => !asked.has(one));
      const source = link ? undefined : this.#dialler.next();
      if (link === undefined && source === undefined) throw failure;
      try {
        if (source) await this.#dialler.dial(source);
        if (link) {
          asked.add(link);
          return await question(link.asker, `${link.address} ${link.id}`);
        }
      } catch (error) {
        failure = error;
        if (link && isWrongBytes(error)) this.#options.bans.lied(link);
        if (this.#options.signal.aborted || !isNeighboursFault(error)) throw error;
      }
    }
  }

  joinAll(swarm: Swarm, blob: BlobRecord): () => void {
    const { clock, links, bans } = this.#options;
    const peers = new PeerSet({ clock, links, bans, dialler: this.#dialler, swarm, blob });
    return () => peers.close();
  }

  /** Hangs up on those that were dialled, as soon as they fetch nothing from here. */
  close(): void {
    this.#dialler.release();
  }
}
