/**
 * Publishes through avahi-daemon. An entry group belongs to our connection: should this process
 * die, the daemon says goodbye for it. A service file would announce a laptop that is not there,
 * and every change of it would be a goodbye and a new probe.
 */
import { debug } from "../host/debug.ts";
import { createTurns } from "../timing/turns.ts";
import { AVAHI, AvahiGroup, type GroupNews } from "./avahi-group.ts";
import { type Bus, subscribe } from "./dbus.ts";
import type { Value } from "./dbus-message.ts";
import { BusError } from "./pending-calls.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";

/** Names tried when the name is taken, which the laptop id in it makes a rarity. */
const MAX_NAMES = 9;

const log = debug("presence");

interface AvahiOptions {
  readonly bus: Bus;
  /** The daemon's own name on the bus: signals of others are not listened to. */
  readonly owner: string;
  /** Names of network interfaces; all when left out. */
  readonly interfaces?: readonly string[];
  /** Something failed that nobody waits for. */
  onError(error: unknown): void;
}

interface Published {
  readonly service: Service;
  readonly name: string;
  readonly interfaces: readonly Value[];
}

/** Throws `BusError` when the daemon refuses. */
export async function publishByAvahi(options: AvahiOptions): Promise<Publisher> {
  const { bus, owner } = options;
  const publisher = new AvahiPublisher(await AvahiGroup.create(bus, owner), options);
  const rule = `type='signal',sender='${AVAHI}',interface='${AVAHI}.Server',member='StateChanged'`;
  await subscribe(bus, rule);
  return publisher;
}

export class AvahiPublisher implements Publisher {
  readonly #group: AvahiGroup;
  readonly #interfaces: readonly string[] | undefined;
  readonly #onError: (error: unknown) => void;
  readonly #stopListening: () => void;
  readonly #inTurn = createTurns();
  #published: Published | undefined;
  #nameNumber = 1;

  constructor(group: AvahiGroup, { bus, interfaces, onError }: AvahiOptions) {
    this.#group = group;
    this.#interfaces = interfaces;
    this.#onError = onError;
    this.#stopListening = bus.onSignal((signal) => this.#hear(group.readSignal(signal)));
  }

  publish(service: Service): Promise<void> {
    return this.#inTurn(() => this.#publishNow(service));
  }

  withdraw(): Promise<void> {
    return this.#inTurn(() => this.#withdrawNow());
  }

  close(): Promise<void> {
    this.#stopListening();
    return this.#inTurn(() => this.#group.free());
  }

  #hear(news: GroupNews | undefined): void {
    if (news === undefined) return;
    log("avahi-daemon: %s", news);
    // When it runs again, the laptop has another host name, or the daemon's network is up again:
    // what we told leads nowhere any more.
    this.#inTurn(() => (news === "server-running" ? this.#addAgain() : this.#takeNextName())).catch(
      this.#onError,
    );
  }

  async #addAgain(): Promise<void> {
    if (this.#published) await this.#add(this.#published.service);
  }

  /**
   * Throws when there have been enough: somebody on the network may say of any name that it is
   * taken.
   */
  async #takeNextName(): Promise<void> {
    if (this.#nameNumber === MAX_NAMES) throw new Error(`${MAX_NAMES} names are taken`);
    this.#nameNumber++;
    await this.#addAgain();
  }

  async #publishNow(service: Service): Promise<void> {
    const before = this.#published;
    const isSame =
      before?.service.instance === service.instance && before.service.port === service.port;
    if (!isSame) return this.#add(service);
    for (const index of before.interfaces) await this.#group.updateTxt(index, before.name, service);
    this.#published = { ...before, service };
  }

  async #add(service: Service): Promise<void> {
    await this.#withdrawNow();
    const number = this.#nameNumber;
    const name = number === 1 ? service.instance : `${service.instance} #${number}`;
    const interfaces = await this.#group.interfaceIndexes(this.#interfaces);
    this.#published = { service, name, interfaces };
    try {
      for (const index of interfaces) await this.#group.addService(index, name, service);
    } catch (error) {
      if (error instanceof BusError && error.code === `${AVAHI}.CollisionError`)
        return this.#takeNextName();
      throw error;
    }
    await this.#group.commit();
  }

  async #withdrawNow(): Promise<void> {
    if (this.#published) await this.#group.reset();
    this.#published = undefined;
  }
}
