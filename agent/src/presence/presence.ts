/**
 * Presence: that this laptop is there, and which others are, by DNS-SD (docs/protocol.md, section
 * 7). It describes the service and carries no data; nothing of Infield depends on it. Where it
 * cannot be had the agent goes on without.
 */
import { networkInterfaces } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { InfieldError } from "@infield/shared/base";
import { debug } from "../host/debug.ts";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { Neighbour, Sighting } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import { createTurns } from "../timing/turns.ts";
import { type Advertiser, startAdvertiser } from "./advertiser.ts";
import { startBrowser } from "./browser.ts";
import { openMdnsSocket } from "./mdns-socket.ts";
import { Neighbours } from "./neighbours.ts";
import { describeService } from "./service.ts";

export interface PresenceOptions {
  readonly clock: Clock;
  readonly interfaces: readonly NetworkInterface[];
  /** `interfaces` are all there are, not those somebody chose. */
  readonly everywhere: boolean;
  readonly channelId: string;
  readonly laptopId: string;
  readonly name: string;
  readonly peerPort: number;
  onSighting(sighting: Sighting): void;
  onProblem(problem: InfieldError): void;
}

/**
 * What a goodbye needs until it is sent: responders wait for up to 120 ms, to answer several at
 * once (RFC 6762, 6).
 */
const GOODBYE_MS = 150;

const log = debug("presence");

/** Looks for neighbours at once, and tells of this laptop with the first `update`. */
export function openPresence(options: PresenceOptions): Presence {
  const presence = new Presence(options);
  presence.resume();
  return presence;
}

export class Presence {
  readonly #options: PresenceOptions;
  readonly #neighbours: Neighbours;
  readonly #inTurn = createTurns();
  #interfaces: readonly NetworkInterface[];
  #release: number | undefined;
  #stopBrowsing: (() => Promise<void>) | undefined;
  #advertiser: Advertiser | undefined;
  #isAwake = false;
  #hasComplained = false;

  /** Silent and deaf until `resume`. */
  constructor(options: PresenceOptions) {
    this.#options = options;
    this.#neighbours = new Neighbours(options.clock, options.laptopId, options.onSighting);
    this.#interfaces = outer(options.interfaces);
  }

  /** The release in use here: told from now on. */
  update(release: number): void {
    if (release === this.#release) return;
    this.#release = release;
    void this.#inTurn(() => this.#tell());
  }

  /** The network interfaces as they are now. */
  use(interfaces: readonly NetworkInterface[]): void {
    void this.#inTurn(() => this.#useNow(outer(interfaces)));
  }

  /** Says goodbye and leaves multicast DNS, as before sleep. Resolves when the goodbye is sent. */
  pause(): Promise<void> {
    return this.#inTurn(() => this.#sleep());
  }

  /** Tells again, and looks anew for who is there; also after a sleep that nobody told of. */
  resume(): void {
    void this.#inTurn(() => this.#wake());
  }

  /**
   * The laptops of the same channel, each once, as they claim: to count, and as hints of whom to
   * dial.
   */
  neighbours(): readonly Neighbour[] {
    return this.#neighbours.list();
  }

  /** Says goodbye, and ends. */
  close(): Promise<void> {
    return this.pause();
  }

  async #wake(): Promise<void> {
    this.#isAwake = true;
    await this.#begin();
  }

  async #sleep(): Promise<void> {
    this.#isAwake = false;
    await this.#stopBrowsing?.();
    this.#stopBrowsing = undefined;
    if (this.#advertiser === undefined) return;
    await this.#advertiser.tell(undefined);
    await new Promise<void>((sent) => this.#options.clock.startTimer(GOODBYE_MS, sent));
    await this.#advertiser.close();
    this.#advertiser = undefined;
  }

  async #useNow(interfaces: readonly NetworkInterface[]): Promise<void> {
    if (isDeepStrictEqual(interfaces, this.#interfaces)) return;
    this.#interfaces = interfaces;
    if (this.#isAwake) await this.#begin();
  }

  async #begin(): Promise<void> {
    log("on %s", this.#interfaces.map(({ name }) => name).join(", ") || "no interface");
    await this.#lookAnew();
    if (this.#interfaces.length === 0) return;
    if (this.#advertiser) await this.#advertiser.moved();
    else this.#advertiser = await this.#startAdvertiser();
    await this.#tell();
  }

  async #tell(): Promise<void> {
    const { laptopId, channelId, peerPort, name } = this.#options;
    const release = this.#release;
    if (release === undefined) return;
    const service = describeService({ id: laptopId, channelId, peerPort, name, release });
    await this.#advertiser?.tell(service);
  }

  #startAdvertiser(): Promise<Advertiser> {
    const { clock, everywhere } = this.#options;
    return startAdvertiser({
      ...{ clock, everywhere },
      interfaces: () => this.#interfaces.map((one) => one.name),
      // Without a way to the port nobody would hear it.
      mayTellItself: () => this.#stopBrowsing !== undefined,
      onError: (error) => this.#complain(error),
    });
  }

  async #lookAnew(): Promise<void> {
    await this.#stopBrowsing?.();
    this.#neighbours.clear();
    // Its address may be on the way, and `use` comes with it.
    const canBrowse = this.#interfaces.some(({ ipv4 }) => ipv4 !== undefined);
    this.#stopBrowsing = canBrowse
      ? await this.#browse().catch((error: unknown) => this.#complain(error))
      : undefined;
  }

  async #browse(): Promise<() => Promise<void>> {
    const { clock, channelId } = this.#options;
    const socket = await openMdnsSocket({
      ...{ clock, interfaces: this.#interfaces },
      onQuery: (query) => browser.onQuery(query),
      onResponse: (response, address) => browser.onResponse(response, address),
    });
    const { query } = socket;
    const browser = startBrowser({ clock, channelId, neighbours: this.#neighbours, query });
    return () => {
      browser.stop();
      return socket.close();
    };
  }

  /** Once: what does not work now works no better at the next release. */
  #complain(error: unknown): undefined {
    log("%s", error);
    if (!this.#hasComplained) this.#options.onProblem(presenceError(error));
    this.#hasComplained = true;
  }
}

/** Whoever is on this machine only is nobody's neighbour. */
function outer(interfaces: readonly NetworkInterface[]): NetworkInterface[] {
  const found = networkInterfaces();
  return interfaces.filter(({ name }) => found[name]?.some((info) => !info.internal));
}

function presenceError(cause: unknown): InfieldError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new InfieldError(
    "presence-failed",
    `this laptop and its neighbours may not see each other by mDNS: ${reason}`,
    "updates go on without it; see who has UDP port 5353 with `ss -ulpn sport = 5353`, or start with --no-presence",
    cause,
  );
}
