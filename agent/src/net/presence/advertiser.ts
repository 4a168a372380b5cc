/**
 * Keeps our service told by whoever can: a running avahi-daemon, else this process. The daemon may come and go, as at boot
 * and when it is updated: there is one teller at a time (docs/protocol.md, rule 7.10).
 */
import type { Clock } from "../clock.ts";
import { createTurns } from "../turns.ts";
import { AVAHI, publishByAvahi } from "./avahi.ts";
import { type Bus, connectBus, watchOwner } from "./dbus.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";

interface AdvertiserOptions {
  readonly clock: Clock;
  /** Names of the network interfaces in use. */
  readonly interfaces: readonly string[];
  /** The agent uses every interface there is, so that avahi-daemon may as well. */
  readonly everywhere: boolean;
  /** Whether this process may tell it itself: whether it gets at the port of multicast DNS. */
  readonly mayTellItself: boolean;
  onError(error: unknown): void;
}

export interface Advertiser {
  /** What is told from now on; undefined: nothing, after a goodbye. Resolves when that is done; failures go to `onError`. */
  tell(service: Service | undefined): Promise<void>;
  /** Says goodbye, and ends. */
  close(): Promise<void>;
}

/** A daemon that is restarted is back by then. */
const ABSENT_MS = 5000;

export async function startAdvertiser(options: AdvertiserOptions): Promise<Advertiser> {
  const { clock, interfaces, onError } = options;
  const inTurn = createTurns();
  let service: Service | undefined;
  let publisher: Publisher | undefined;
  let cancelFallback = () => {};

  async function tellNow(): Promise<void> {
    if (service === undefined) await publisher?.withdraw();
    else await publisher?.publish(service);
  }

  /** What fails of the old one matters to nobody: its daemon may be what is gone. */
  function change(open: () => Promise<Publisher | undefined>): Promise<void> {
    return inTurn(async () => {
      const before = publisher;
      publisher = undefined;
      await before?.close().catch(() => {});
      publisher = await open();
      await tellNow();
    }).catch(onError);
  }

  const tellItself = () =>
    change(async () =>
      options.mayTellItself ? (await import("./ciao.ts")).publishByCiao(interfaces) : undefined,
    );

  async function followAvahi(bus: Bus): Promise<void> {
    let isFirst = true;
    await watchOwner(bus, AVAHI, (owner) => {
      cancelFallback();
      if (owner !== undefined) {
        const where = options.everywhere ? {} : { interfaces };
        void change(() => publishByAvahi({ bus, owner, ...where, onError }));
      } else cancelFallback = clock.startTimer(isFirst ? 0 : ABSENT_MS, () => void tellItself());
      isFirst = false;
    });
  }

  const bus = await connectBus(clock).catch(() => undefined);
  if (bus === undefined) void tellItself();
  else await followAvahi(bus).catch(() => void tellItself());

  return {
    tell(next) {
      service = next;
      return inTurn(tellNow).catch(onError);
    },
    async close() {
      cancelFallback();
      service = undefined;
      await inTurn(async () => publisher?.close()).catch(() => {});
      bus?.close();
      await bus?.closed;
    },
  };
}
