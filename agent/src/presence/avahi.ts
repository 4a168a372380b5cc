/**
 * Publishes through avahi-daemon by its D-Bus interface (org.freedesktop.Avahi.Server.xml and
 * .EntryGroup.xml). An entry group belongs to our connection: should this process die, the daemon
 * says goodbye for it. A service file would announce a laptop that is not there, and every change
 * of it would be a goodbye and a new probe.
 */
import { createTurns } from "../timing/turns.ts";
import { type Bus, BusError, subscribe } from "./dbus.ts";
import type { Value } from "./dbus-message.ts";
import type { Publisher } from "./publisher.ts";
import { SERVICE_TYPE, type Service } from "./service.ts";

/** The name of the daemon on the bus, and the beginning of its interfaces. */
export const AVAHI = "org.freedesktop.Avahi";

/** Values of avahi-common/defs.h. */
const [ALL_INTERFACES, ALL_PROTOCOLS, SERVER_RUNNING, GROUP_COLLISION] = [-1, -1, 2, 3];
/** Names tried when the name is taken, which the laptop id in it makes a rarity. */
const MAX_NAMES = 9;

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
export async function publishByAvahi({
  bus,
  owner,
  interfaces,
  onError,
}: AvahiOptions): Promise<Publisher> {
  const inTurn = createTurns();
  let published: Published | undefined;
  let nameNumber = 1;

  const server = (member: string, types: string[] = [], values: Value[] = []) =>
    bus.call({
      destination: owner,
      path: "/",
      interface: `${AVAHI}.Server`,
      member,
      types,
      values,
    });
  const [path] = await server("EntryGroupNew");
  const group = (member: string, types: string[] = [], values: Value[] = []) =>
    bus.call({
      ...{ destination: owner, path: String(path), interface: `${AVAHI}.EntryGroup`, member },
      ...{ types, values },
    });

  const stopListening = bus.onSignal(({ fields, body }) => {
    if (fields.sender !== owner || fields.member !== "StateChanged") return;
    const [state] = body();
    // The laptop has another host name now, or the daemon's network is up again: what we told leads
    // nowhere any more.
    const isRunning = fields.interface === `${AVAHI}.Server` && state === SERVER_RUNNING;
    const isTaken = fields.path === path && state === GROUP_COLLISION;
    if (isRunning) inTurn(addAgain).catch(onError);
    if (isTaken) inTurn(takeNextName).catch(onError);
  });
  await subscribe(
    bus,
    `type='signal',sender='${AVAHI}',interface='${AVAHI}.Server',member='StateChanged'`,
  );

  async function addAgain(): Promise<void> {
    if (published) await add(published.service);
  }

  /**
   * Throws when there have been enough: somebody on the network may say of any name that it is
   * taken.
   */
  async function takeNextName(): Promise<void> {
    if (nameNumber === MAX_NAMES) throw new Error(`${MAX_NAMES} names are taken`);
    nameNumber++;
    await addAgain();
  }

  async function add(service: Service): Promise<void> {
    await withdraw();
    const name = nameNumber === 1 ? service.instance : `${service.instance} #${nameNumber}`;
    published = { service, name, interfaces: await indexes() };
    try {
      for (const index of published.interfaces)
        await group(
          "AddService",
          ["i", "i", "u", "s", "s", "s", "s", "q", "aay"],
          [index, ALL_PROTOCOLS, 0, name, SERVICE_TYPE, "", "", service.port, txtOf(service)],
        );
    } catch (error) {
      if (error instanceof BusError && error.code === `${AVAHI}.CollisionError`)
        return takeNextName();
      throw error;
    }
    await group("Commit");
  }

  async function indexes(): Promise<Value[]> {
    if (interfaces === undefined) return [ALL_INTERFACES];
    const found = interfaces.map((name) => server("GetNetworkInterfaceIndexByName", ["s"], [name]));
    return (await Promise.all(found)).flatMap(([index]) => index ?? []);
  }

  async function withdraw(): Promise<void> {
    if (published) await group("Reset");
    published = undefined;
  }

  async function publish(service: Service): Promise<void> {
    const before = published;
    const isSame =
      before?.service.instance === service.instance && before.service.port === service.port;
    if (!isSame) return add(service);
    for (const index of before.interfaces)
      await group(
        "UpdateServiceTxt",
        ["i", "i", "u", "s", "s", "s", "aay"],
        [index, ALL_PROTOCOLS, 0, before.name, SERVICE_TYPE, "", txtOf(service)],
      );
    published = { ...before, service };
  }

  return {
    publish: (service) => inTurn(() => publish(service)),
    withdraw: () => inTurn(withdraw),
    close() {
      stopListening();
      return inTurn(async () => void (await group("Free")));
    },
  };
}

function txtOf({ txt }: Service): Uint8Array[] {
  return txt.map((string) => Buffer.from(string));
}
