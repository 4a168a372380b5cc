/**
 * An entry group of avahi-daemon, by its D-Bus interface (org.freedesktop.Avahi.Server.xml and
 * .EntryGroup.xml): services that belong to our connection, and end with it.
 */
import type { Bus } from "./dbus.ts";
import type { Message, Value } from "./dbus-message.ts";
import { SERVICE_TYPE, type Service } from "./service.ts";

/** The name of the daemon on the bus, and the beginning of its interfaces. */
export const AVAHI = "org.freedesktop.Avahi";

/** Values of avahi-common/defs.h. */
const [ALL_INTERFACES, ALL_PROTOCOLS, SERVER_RUNNING, GROUP_COLLISION] = [-1, -1, 2, 3];

/** What a signal of the daemon means to a group. */
export type GroupNews = "server-running" | "name-taken";

export class AvahiGroup {
  readonly #bus: Bus;
  readonly #owner: string;
  readonly #path: string;

  private constructor(bus: Bus, owner: string, path: string) {
    this.#bus = bus;
    this.#owner = owner;
    this.#path = path;
  }

  /** An empty group. `owner`: the daemon's own name on the bus. Throws `BusError`, as all here. */
  static async create(bus: Bus, owner: string): Promise<AvahiGroup> {
    const server = new AvahiGroup(bus, owner, "/");
    const [path] = await server.#call("Server", "EntryGroupNew");
    return new AvahiGroup(bus, owner, String(path));
  }

  /** The daemon's numbers of these network interfaces; without names, the number for all. */
  async interfaceIndexes(names: readonly string[] | undefined): Promise<Value[]> {
    if (names === undefined) return [ALL_INTERFACES];
    const server = new AvahiGroup(this.#bus, this.#owner, "/");
    const found = names.map((name) =>
      server.#call("Server", "GetNetworkInterfaceIndexByName", ["s"], [name]),
    );
    return (await Promise.all(found)).flatMap(([index]) => index ?? []);
  }

  async addService(index: Value, name: string, service: Service): Promise<void> {
    await this.#call(
      ...(["EntryGroup", "AddService"] as const),
      ["i", "i", "u", "s", "s", "s", "s", "q", "aay"],
      [index, ALL_PROTOCOLS, 0, name, SERVICE_TYPE, "", "", service.port, txtOf(service)],
    );
  }

  async updateTxt(index: Value, name: string, service: Service): Promise<void> {
    await this.#call(
      ...(["EntryGroup", "UpdateServiceTxt"] as const),
      ["i", "i", "u", "s", "s", "s", "aay"],
      [index, ALL_PROTOCOLS, 0, name, SERVICE_TYPE, "", txtOf(service)],
    );
  }

  /** Tells of what was added. */
  async commit(): Promise<void> {
    await this.#call("EntryGroup", "Commit");
  }

  /** Says goodbye for all in it, and takes it out. */
  async reset(): Promise<void> {
    await this.#call("EntryGroup", "Reset");
  }

  /** The same, and the group is gone. */
  async free(): Promise<void> {
    await this.#call("EntryGroup", "Free");
  }

  /** Undefined for signals of others, or of no interest. */
  readSignal({ fields, body }: Message): GroupNews | undefined {
    if (fields.sender !== this.#owner || fields.member !== "StateChanged") return undefined;
    const [state] = body();
    if (fields.interface === `${AVAHI}.Server` && state === SERVER_RUNNING) return "server-running";
    return fields.path === this.#path && state === GROUP_COLLISION ? "name-taken" : undefined;
  }

  #call(
    part: "Server" | "EntryGroup",
    member: string,
    types: string[] = [],
    values: Value[] = [],
  ): Promise<Value[]> {
    return this.#bus.call({
      ...{ destination: this.#owner, path: this.#path, interface: `${AVAHI}.${part}`, member },
      ...{ types, values },
    });
  }
}

function txtOf({ txt }: Service): Uint8Array[] {
  return txt.map((string) => Buffer.from(string));
}
