/**
 * Keeps our service told by whoever can: a running avahi-daemon, else this process. The daemon may
 * come and go, as at boot and when it is updated: there is one teller at a time (docs/protocol.md,
 * rule 7.10).
 */
import type { Clock } from "../timing/clock.ts";
import { createTurns } from "../timing/turns.ts";
import { AVAHI, publishByAvahi } from "./avahi.ts";
import { type Bus, connectBus, watchOwner } from "./dbus.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";

interface AdvertiserOptions {
  readonly clock: Clock;
  /** Names of the network interfaces in use. */
  interfaces(): readonly string[];
  /** The agent uses every interface there is, so that avahi-daemon may as well. */
  readonly everywhere: boolean;
  /** Whether this process may tell it itself: whether it gets at the port of multicast DNS. */
  mayTellItself(): boolean;
  onError(error: unknown): void;
}

export interface Advertiser {
  /**
   * What is told from now on; undefined: nothing, after a goodbye. Resolves when that is done;
   * failures go to `onError`.
   */
  tell(service: Service | undefined): Promise<void>;
  /** The interfaces are others now. */
  moved(): Promise<void>;
  /** Says goodbye, and ends. */
  close(): Promise<void>;
}

type OpenPublisher = () => Promise<Publisher | undefined>;

/** A daemon that is restarted is back by then. */
const ABSENT_MS = 5000;

export async function startAdvertiser(options: AdvertiserOptions): Promise<Advertiser> {
  const { clock, interfaces, everywhere, onError } = options;
  const inTurn = createTurns();
  let service: Service | undefined;
  let publisher: Publisher | undefined;
  /**
   * How the publisher is opened again when the interfaces change; undefined where that changes
   * nothing.
   */
  let openAgain: OpenPublisher | undefined;
  let cancelFallback = () => {};
  let isClosed = false;

  async function tellNow(): Promise<void> {
    if (service === undefined) await publisher?.withdraw();
    else await publisher?.publish(service);
  }

  function change(open: OpenPublisher): Promise<void> {
    return inTurn(async () => {
      if (isClosed) return;
      const before = publisher;
      publisher = undefined;
      // What fails of the old one matters to nobody: its daemon may be what is gone.
      await before?.close().catch(() => {});
      publisher = await open();
      await tellNow();
    }).catch(onError);
  }

  function tellItself(): Promise<void> {
    openAgain = async () =>
      options.mayTellItself() ? (await import("./ciao.ts")).publishByCiao(interfaces()) : undefined;
    return change(openAgain);
  }

  function tellByAvahi(bus: Bus, owner: string): Promise<void> {
    const open = () =>
      publishByAvahi({ bus, owner, ...(!everywhere && { interfaces: interfaces() }), onError });
    // The daemon follows the interfaces by itself.
    openAgain = everywhere ? undefined : open;
    return change(open);
  }

  async function followAvahi(bus: Bus): Promise<void> {
    let isFirst = true;
    await watchOwner(bus, AVAHI, (owner) => {
      cancelFallback();
      if (owner !== undefined) void tellByAvahi(bus, owner);
      else cancelFallback = clock.startTimer(isFirst ? 0 : ABSENT_MS, () => void tellItself());
      isFirst = false;
    });
  }

  const bus = await connectBus(clock).catch(() => undefined);
  if (bus === undefined) void tellItself();
  else {
    await followAvahi(bus).catch(() => void tellItself());
    void bus.closed.then(() => void tellItself());
  }

  return {
    tell(next) {
      service = next;
      return inTurn(tellNow).catch(onError);
    },
    async moved() {
      if (openAgain) await change(openAgain);
    },
    async close() {
      cancelFallback();
      isClosed = true;
      await inTurn(async () => publisher?.close()).catch(() => {});
      bus?.close();
      await bus?.closed;
    },
  };
}
