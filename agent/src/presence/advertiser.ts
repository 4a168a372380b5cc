/**
 * Keeps our service told by whoever can: a running avahi-daemon, else this process. The daemon may
 * come and go, as at boot and when it is updated: there is one teller at a time (docs/protocol.md,
 * rule 7.10).
 */
import { debug } from "../host/debug.ts";
import type { Clock } from "../timing/clock.ts";
import { publishByAvahi } from "./avahi.ts";
import { AVAHI } from "./avahi-group.ts";
import { type Bus, connectBus, watchOwner } from "./dbus.ts";
import { OnePublisher, type OpenPublisher } from "./one-publisher.ts";
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

/** A daemon that is restarted is back by then. */
const ABSENT_MS = 5000;

const log = debug("presence");

/** Tells of nothing yet, but knows who will. */
export async function startAdvertiser(options: AdvertiserOptions): Promise<Advertiser> {
  const bus = await connectBus(options.clock).catch((error: unknown) => {
    log("no system bus: %s", error);
    return undefined;
  });
  const advertiser = new Advertiser(options, bus);
  await advertiser.start();
  return advertiser;
}

export class Advertiser {
  readonly #options: AdvertiserOptions;
  readonly #bus: Bus | undefined;
  readonly #publisher: OnePublisher;
  /**
   * How the publisher is opened again when the interfaces change; undefined where that changes
   * nothing.
   */
  #openAgain: OpenPublisher | undefined;
  #cancelFallback = () => {};

  /** Without a bus there is no avahi-daemon to ask. */
  constructor(options: AdvertiserOptions, bus: Bus | undefined) {
    this.#options = options;
    this.#bus = bus;
    this.#publisher = new OnePublisher(options.onError);
  }

  async start(): Promise<void> {
    const bus = this.#bus;
    if (bus === undefined) void this.#tellItself();
    else {
      await this.#followAvahi(bus).catch(() => void this.#tellItself());
      void bus.closed.then(() => void this.#tellItself());
    }
  }

  /**
   * What is told from now on; undefined: nothing, after a goodbye. Resolves when that is done;
   * failures go to `onError`.
   */
  tell(service: Service | undefined): Promise<void> {
    return this.#publisher.tell(service);
  }

  /** The interfaces are others now. */
  async moved(): Promise<void> {
    if (this.#openAgain) await this.#publisher.replace(this.#openAgain);
  }

  /** Says goodbye, and ends. */
  async close(): Promise<void> {
    this.#cancelFallback();
    await this.#publisher.close();
    this.#bus?.close();
    await this.#bus?.closed;
  }

  async #followAvahi(bus: Bus): Promise<void> {
    let isFirst = true;
    await watchOwner(bus, AVAHI, (owner) => {
      this.#cancelFallback();
      if (owner !== undefined) void this.#tellByAvahi(bus, owner);
      else this.#tellItselfIn(isFirst ? 0 : ABSENT_MS);
      isFirst = false;
    });
  }

  #tellByAvahi(bus: Bus, owner: string): Promise<void> {
    const { everywhere, interfaces, onError } = this.#options;
    log("avahi-daemon (%s) publishes for us", owner);
    const open = () =>
      publishByAvahi({ bus, owner, ...(!everywhere && { interfaces: interfaces() }), onError });
    // The daemon follows the interfaces by itself.
    this.#openAgain = everywhere ? undefined : open;
    return this.#publisher.replace(open);
  }

  #tellItselfIn(ms: number): void {
    log("no avahi-daemon: this process publishes in %d ms", ms);
    this.#cancelFallback = this.#options.clock.startTimer(ms, () => void this.#tellItself());
  }

  #tellItself(): Promise<void> {
    const { interfaces, mayTellItself } = this.#options;
    const open = async () => {
      const may = mayTellItself();
      log("this process %s", may ? "publishes" : "cannot publish: no way to UDP port 5353");
      return may ? (await import("./ciao.ts")).publishByCiao(interfaces()) : undefined;
    };
    this.#openAgain = open;
    return this.#publisher.replace(open);
  }
}
