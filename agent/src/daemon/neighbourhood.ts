/**
 * This laptop among its neighbours. It begins with a channel, which a hand-over may bring long
 * after the start: until then it asks and announces nothing, and says so to whoever wants it to. It
 * follows the store: whatever changes what is installed has it `follow`.
 */
import { InfieldError } from "@infield/shared/base";
import { type NeighbourContents, neighbourContents } from "../fetch/neighbour-contents.ts";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { Pausable } from "../laptop/sleep.ts";
import type { KnownPeers } from "../reach/known-peers.ts";
import type { WritableRoot } from "../store/root/root.ts";
import { waitsAbove } from "../store/root/state.ts";
import { joinChannel, type Membership, type MembershipOptions } from "./membership.ts";

export interface NeighbourhoodOptions
  extends Omit<MembershipOptions, "channelId" | "interfaces" | "presence"> {
  interfaces(): readonly NetworkInterface[];
  /** Tells that this laptop is there, once it follows a channel; undefined: nobody is told. */
  openPresence(channelId: string): MembershipOptions["presence"];
}

/**
 * What neighbours may take to hear that this laptop goes to sleep: a lid is closed, and whoever
 * closed it walks away.
 */
const GOODBYE_MS = 1_000;

export class Neighbourhood implements Pausable {
  readonly #options: NeighbourhoodOptions;
  #membership: Membership | undefined;

  constructor(options: NeighbourhoodOptions) {
    this.#options = options;
  }

  /**
   * Listens for what is newer than what is installed or held, and announces what is in use; joins
   * first when there is a channel now. Only within a change.
   */
  async follow(): Promise<void> {
    const { root, bus, isPageOpen } = this.#options;
    const isNew = this.#membership === undefined;
    const membership = await this.#join();
    if (membership === undefined) return;
    const state = root.state();
    // As with announcements (rule 2.3): a release that may still be taken back is not told of.
    if (state.confirmed || state.current === 0) membership.presence?.update(state.current);
    await membership.session.follow(waitsAbove(state));
    await membership.announcing.follow();
    if (isNew) bus.emit("ask", isPageOpen());
  }

  /**
   * Installs the newest release of our own repository, as far as it is not installed yet, and
   * announces it from the beginning. Throws `unknown-channel` and what `Updater.installNewest`
   * throws.
   */
  updateFromRepository(): Promise<void> {
    const { updater, announcing } = this.#required();
    return this.#options.root.change(async (writable: WritableRoot) => {
      const before = announcing.now()?.version;
      // A release that does not work here is told to nobody.
      const version = await updater.installNewest(writable);
      if (before === version) await announcing.restart();
    });
  }

  /**
   * Asks the neighbours and the upstream for something newer, now; resolves once what came of it
   * has ended, or nobody answered. Throws `unknown-channel`.
   */
  async look(): Promise<void> {
    const { updater, peers, upstream, lookAround } = this.#required();
    updater.forgetFailures();
    this.#options.policy.overrule();
    peers.retry();
    await Promise.all([lookAround(), upstream?.ask()]);
  }

  /** A person hands something over: what is being taken from neighbours is broken off. */
  interruptFetch(): void {
    this.#membership?.updater.interruptFetch();
  }

  /**
   * Files of an installed version, from neighbours that have it; undefined without a channel. To be
   * closed.
   */
  contents(version: number, signal: AbortSignal): NeighbourContents | undefined {
    if (this.#membership === undefined) return undefined;
    const { session, links } = this.#membership;
    return neighbourContents(() => session.findHolders(version, signal), links.dial, signal);
  }

  /** Laptops that are connected to by their addresses. Throws `unknown-channel`. */
  peers(): KnownPeers {
    return this.#required().peers;
  }

  listPeers(): ReturnType<KnownPeers["list"]> {
    return this.#membership?.peers.list() ?? [];
  }

  /** The version that is being announced. */
  announcing(): number | undefined {
    return this.#membership?.announcing.now()?.version;
  }

  /** The interfaces as they are now. */
  async use(interfaces: readonly NetworkInterface[]): Promise<void> {
    if (this.#membership === undefined) return;
    const { presence, beacon, session } = this.#membership;
    presence?.use(interfaces);
    if (await beacon.use(interfaces)) session.arrive();
  }

  /**
   * Breaks off what is being fetched, which goes on later from where it was, and leaves the groups
   * that are not to wake this laptop.
   */
  async pause(): Promise<void> {
    if (this.#membership === undefined) return;
    const { updater, links, peers, session, upstream, presence } = this.#membership;
    updater.pause();
    let cancel = () => {};
    const tooLong = new Promise<void>((resolve) => {
      cancel = this.#options.clock.startTimer(GOODBYE_MS, resolve);
    });
    const goodbyes = Promise.all([peers.stop(), links.closeAll()]);
    await Promise.all([
      session.sleep(),
      upstream?.pause(),
      presence?.pause(),
      Promise.race([goodbyes, tooLong]),
    ]);
    cancel();
  }

  /** Listens again, and asks. */
  resume(): void {
    if (this.#membership === undefined) return;
    const { updater, peers, session, upstream, presence } = this.#membership;
    updater.resume();
    upstream?.resume();
    presence?.resume();
    peers.start();
    void session.wake();
  }

  /**
   * Breaks off what is under way, and resolves once that and every connection, timer and socket is
   * gone. The page and the neighbours' listener must have ended before: what they ask for later
   * would be followed here.
   */
  async leave(): Promise<void> {
    // An offer that is just being stored may be about to join.
    if (this.#membership === undefined) await this.#options.root.change(async () => {});
    if (this.#membership === undefined) return;
    const { presence, links, peers, updater, upstream, beacon, fallSilent } = this.#membership;
    await presence?.close();
    // First the teachers, who might order something; then what is under way: an update that is
    // just being confirmed, or a roll-back, ends by following what it installed, and its timers
    // and sockets would keep the process alive.
    links.leaveTeachers();
    const left = peers.stop();
    await Promise.all([updater.stop(), upstream?.stop()]);
    fallSilent();
    await Promise.all([left, links.closeAll()]);
    await this.#options.book.settled();
    await beacon.close();
  }

  async #join(): Promise<Membership | undefined> {
    const { root, interfaces, openPresence } = this.#options;
    const channelId = root.identity.channel;
    if (channelId === undefined) return undefined;
    this.#membership ??= await joinChannel({
      ...this.#options,
      ...{ channelId, interfaces: interfaces(), presence: openPresence(channelId) },
    });
    return this.#membership;
  }

  #required(): Membership {
    if (this.#membership) return this.#membership;
    throw new InfieldError(
      "unknown-channel",
      "this laptop follows no channel yet",
      "hand a release over first, or start the agent with --channel",
    );
  }
}
