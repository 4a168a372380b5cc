/**
 * Presence: that this laptop is there, and which others are, by DNS-SD (docs/protocol.md, section
 * 7). It describes the service and carries no data; nothing of Infield depends on it. Where it
 * cannot be had the agent goes on without.
 */
import { networkInterfaces } from "node:os";
import { isDeepStrictEqual } from "node:util";
import { InfieldError } from "@infield/shared/base";
import type { NetworkInterface } from "../host/interfaces.ts";
import type { Neighbour, Sighting } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import { createTurns } from "../timing/turns.ts";
import { type Advertiser, startAdvertiser } from "./advertiser.ts";
import { startBrowser } from "./browser.ts";
import { openMdnsSocket } from "./mdns-socket.ts";
import { createNeighbours } from "./neighbours.ts";
import { describeService } from "./service.ts";

interface PresenceOptions {
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

export interface Presence {
  /** The release in use here: told from now on. */
  update(release: number): void;
  /** The network interfaces as they are now. */
  use(interfaces: readonly NetworkInterface[]): void;
  /** Says goodbye and leaves multicast DNS, as before sleep. Resolves when the goodbye is sent. */
  pause(): Promise<void>;
  /** Tells again, and looks anew for who is there; also after a sleep that nobody told of. */
  resume(): void;
  /**
   * The laptops of the same channel, each once, as they claim: to count, and as hints of whom to
   * dial.
   */
  neighbours(): readonly Neighbour[];
  /** Says goodbye, and ends. */
  close(): Promise<void>;
}

/**
 * What a goodbye needs until it is sent: responders wait for up to 120 ms, to answer several at
 * once (RFC 6762, 6).
 */
const GOODBYE_MS = 150;

/** Looks for neighbours at once, and tells of this laptop with the first `update`. */
export function openPresence(options: PresenceOptions): Presence {
  const { clock, channelId, laptopId, onProblem } = options;
  const neighbours = createNeighbours(clock, laptopId, options.onSighting);
  const inTurn = createTurns();
  let interfaces = outer(options.interfaces);
  let release: number | undefined;
  let stopBrowsing: (() => Promise<void>) | undefined;
  let advertiser: Advertiser | undefined;
  let isAwake = false;
  let hasComplained = false;

  /** Once: what does not work now works no better at the next release. */
  function complain(error: unknown): undefined {
    if (!hasComplained) onProblem(presenceError(error));
    hasComplained = true;
  }

  async function tell(): Promise<void> {
    if (release === undefined) return;
    await advertiser?.tell(describeService({ ...options, id: laptopId, release }));
  }

  async function begin(): Promise<void> {
    await lookAnew();
    if (interfaces.length === 0) return;
    if (advertiser) await advertiser.moved();
    else advertiser = await openAdvertiser();
    await tell();
  }

  function openAdvertiser(): Promise<Advertiser> {
    return startAdvertiser({
      clock,
      interfaces: () => interfaces.map((one) => one.name),
      everywhere: options.everywhere,
      // Without a way to the port nobody would hear it.
      mayTellItself: () => stopBrowsing !== undefined,
      onError: complain,
    });
  }

  async function wake(): Promise<void> {
    isAwake = true;
    await begin();
  }

  async function sleep(): Promise<void> {
    isAwake = false;
    await stopBrowsing?.();
    stopBrowsing = undefined;
    if (advertiser === undefined) return;
    await advertiser.tell(undefined);
    await new Promise<void>((sent) => clock.startTimer(GOODBYE_MS, sent));
    await advertiser.close();
    advertiser = undefined;
  }

  async function use(next: readonly NetworkInterface[]): Promise<void> {
    if (isDeepStrictEqual(outer(next), interfaces)) return;
    interfaces = outer(next);
    if (isAwake) await begin();
  }

  async function lookAnew(): Promise<void> {
    await stopBrowsing?.();
    neighbours.clear();
    // Its address may be on the way, and `use` comes with it.
    const canBrowse = interfaces.some(({ ipv4 }) => ipv4 !== undefined);
    stopBrowsing = canBrowse ? await browse().catch(complain) : undefined;
  }

  async function browse(): Promise<() => Promise<void>> {
    const socket = await openMdnsSocket({
      clock,
      interfaces,
      onQuery: (query) => browser.onQuery(query),
      onResponse: (response, address) => browser.onResponse(response, address),
    });
    const browser = startBrowser({ clock, channelId, neighbours, query: socket.query });
    return () => {
      browser.stop();
      return socket.close();
    };
  }

  void inTurn(wake);
  return {
    update(next) {
      if (next === release) return;
      release = next;
      void inTurn(tell);
    },
    use: (next) => void inTurn(() => use(next)),
    pause: () => inTurn(sleep),
    resume: () => void inTurn(wake),
    neighbours: neighbours.list,
    close: () => inTurn(sleep),
  };
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
