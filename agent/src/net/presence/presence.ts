/**
 * Presence: that this laptop is there, and which others are, by DNS-SD (docs/protocol.md, section 7). It describes the service
 * and carries no data; nothing of Infield depends on it. Where it cannot be had the agent goes on without.
 */
import { networkInterfaces } from "node:os";
import { InfieldError } from "@infield/shared";
import type { Clock } from "../clock.ts";
import type { NetworkInterface } from "../interfaces.ts";
import { createTurns } from "../turns.ts";
import { type Advertiser, startAdvertiser } from "./advertiser.ts";
import { startBrowser } from "./browser.ts";
import { openMdnsSocket } from "./mdns-socket.ts";
import { createNeighbours, type Neighbour, type Sighting } from "./neighbours.ts";
import { describeService } from "./service.ts";

export type { Neighbour } from "./neighbours.ts";

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
  /** Says goodbye and leaves multicast DNS, as before sleep. Resolves when the goodbye is sent. */
  pause(): Promise<void>;
  /** Tells again, and looks anew for who is there. */
  resume(): void;
  /** The laptops of the same channel, each once, as they claim: to count, and as hints of whom to dial. */
  neighbours(): readonly Neighbour[];
  /** Says goodbye, and ends. */
  close(): Promise<void>;
}

/** What a goodbye needs until it is sent: responders wait for up to 120 ms, to answer several at once (RFC 6762, 6). */
const GOODBYE_MS = 150;

/** Looks for neighbours at once, and tells of this laptop with the first `update`. */
export function openPresence(options: PresenceOptions): Presence {
  const { clock, channelId, onProblem } = options;
  // Whoever is on this machine only is nobody's neighbour.
  const interfaces = options.interfaces.filter(({ name }) => !networkInterfaces()[name]?.[0]?.internal);
  const neighbours = createNeighbours(clock, options.laptopId, options.onSighting);
  const inTurn = createTurns();
  let release: number | undefined;
  let awake: Awake | undefined;
  let hasComplained = false;

  const service = () =>
    release === undefined ? undefined : describeService({ ...options, id: options.laptopId, release });

  /** Once: what does not work now works no better at the next release. */
  function complain(error: unknown): undefined {
    if (!hasComplained) onProblem(presenceError(error));
    hasComplained = true;
  }

  async function wake(): Promise<void> {
    if (awake !== undefined || interfaces.length === 0) return;
    const browsing = await browse().catch(complain);
    const advertiser = await startAdvertiser({
      clock,
      interfaces: interfaces.map((one) => one.name),
      everywhere: options.everywhere,
      mayTellItself: browsing !== undefined,
      onError: complain,
    });
    awake = { browsing, advertiser };
    await advertiser.tell(service());
  }

  async function sleep(): Promise<void> {
    if (awake === undefined) return;
    const { advertiser, browsing } = awake;
    awake = undefined;
    await advertiser.tell(undefined);
    await new Promise<void>((sent) => clock.startTimer(GOODBYE_MS, sent));
    await advertiser.close();
    await browsing?.close();
    neighbours.clear();
  }

  async function browse(): Promise<Browsing> {
    const socket = await openMdnsSocket({
      clock,
      interfaces,
      onQuery: (query) => browser.onQuery(query),
      onResponse: (response, address) => browser.onResponse(response, address),
    });
    const browser = startBrowser({ clock, channelId, neighbours, query: socket.query });
    return {
      async close() {
        browser.stop();
        await socket.close();
      },
    };
  }

  void inTurn(wake);
  return {
    update(next) {
      if (next === release) return;
      release = next;
      void inTurn(async () => awake?.advertiser.tell(service()));
    },
    pause: () => inTurn(sleep),
    resume: () => void inTurn(wake),
    neighbours: neighbours.list,
    close: () => inTurn(sleep),
  };
}

interface Browsing {
  close(): Promise<void>;
}

interface Awake {
  readonly advertiser: Advertiser;
  readonly browsing: Browsing | undefined;
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
