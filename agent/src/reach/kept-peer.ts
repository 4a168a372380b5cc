/**
 * A laptop that a person named, kept connected: dialled again whenever it is gone, after ever
 * longer pauses (docs/protocol.md, section 6).
 */
import type { PeerAddress } from "@infield/shared/announce";
import { debug } from "../host/debug.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";
import type { PacketLinks } from "./packet-links.ts";

const log = debug("peers");

interface KeptPeerOptions {
  readonly clock: Clock;
  readonly packets: PacketLinks;
  dial(peer: PeerAddress, signal: AbortSignal): Promise<PeerLink>;
}

/**
 * Between two tries to reach a laptop that a person named, doubled with each failure; drawn from
 * half of it to all of it.
 */
const FIRST_PAUSE_MS = 5_000;
const LAST_PAUSE_MS = 30 * 60_000;
/** A connection that lasted so long was none of the failures that make the pause longer. */
const STEADY_MS = 60_000;

export class KeptPeer {
  readonly peer: PeerAddress;
  readonly #options: KeptPeerOptions;
  readonly #ending = new AbortController();
  readonly #ended: Promise<void>;
  #link: PeerLink | undefined;
  /** Ends the pause before the next try. */
  #endPause = () => {};

  /** `first` is a connection that is there already. */
  constructor(peer: PeerAddress, options: KeptPeerOptions, first?: PeerLink) {
    this.peer = peer;
    this.#options = options;
    this.#ended = Promise.resolve().then(() => this.#run(first));
  }

  get isConnected(): boolean {
    return this.#link !== undefined;
  }

  /** Dials at once, if it waits to. */
  retry(): void {
    this.#endPause();
  }

  /** Hangs up, and resolves once that is done. */
  end(): Promise<void> {
    this.#ending.abort();
    return this.#ended;
  }

  async #run(first: PeerLink | undefined): Promise<void> {
    const { clock, dial } = this.#options;
    const { signal } = this.#ending;
    let failures = 0;
    for (let link = first; !signal.aborted; link = undefined) {
      const since = clock.now();
      link ??= await dial(this.peer, signal).catch(() => undefined);
      if (link) await this.#stay(link);
      if (clock.now() - since > STEADY_MS) failures = 0;
      const pauseMs = Math.min(FIRST_PAUSE_MS * 2 ** failures++, LAST_PAUSE_MS);
      log("named laptop %s is gone or not there; again within %d ms", this.peer.host, pauseMs);
      await this.#pause((pauseMs / 2) * (1 + clock.random()));
    }
  }

  /** Until it is gone, and the other connection to the same laptop too that took its place. */
  async #stay(link: PeerLink): Promise<void> {
    const { packets } = this.#options;
    const { signal } = this.#ending;
    const end = () => link.close();
    signal.addEventListener("abort", end);
    if (signal.aborted) end();
    else packets.begin(link);
    this.#link = link;
    await link.closed;
    signal.removeEventListener("abort", end);
    for (let twin = packets.twinOf(link); twin && !signal.aborted; twin = packets.twinOf(link)) {
      this.#link = twin;
      await goneOrAborted(twin, signal);
    }
    this.#link = undefined;
  }

  #pause(ms: number): Promise<void> {
    const { signal } = this.#ending;
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        this.#endPause = () => {};
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = this.#options.clock.startTimer(ms, end);
      this.#endPause = end;
      signal.addEventListener("abort", end);
      if (signal.aborted) end();
    });
  }
}

function goneOrAborted(link: PeerLink, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      signal.removeEventListener("abort", end);
      resolve();
    };
    signal.addEventListener("abort", end);
    void link.closed.then(end);
  });
}
