/**
 * The system bus, by which avahi-daemon is asked to publish (D-Bus Specification 0.43). A service
 * lives as long as the connection: when this process dies, however it dies, the daemon says goodbye
 * for it, and nothing is left to clean up.
 */
import { createConnection, type Socket } from "node:net";
import type { Clock } from "../timing/clock.ts";
import {
  type Call,
  formatCall,
  MESSAGE,
  type Message,
  readMessage,
  type Value,
} from "./dbus-message.ts";
import { BusError, PendingCalls } from "./pending-calls.ts";

export interface Bus {
  /** What it returned. Throws `BusError`, also when no answer comes. */
  call(call: Call): Promise<Value[]>;
  /** Called for every signal, until what it returns is called. */
  onSignal(listen: (signal: Message) => void): () => void;
  readonly closed: Promise<void>;
  close(): void;
}

const DEFAULT_ADDRESS = "unix:path=/run/dbus/system_bus_socket";
/** An answer comes within milliseconds; whoever does not answer by then does not work. */
const ANSWER_MS = 5_000;
const BUS = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};

/** Throws when there is no bus, or it refuses us. */
export async function connectBus(
  clock: Clock,
  address = process.env.DBUS_SYSTEM_BUS_ADDRESS,
): Promise<Bus> {
  const path = /(?:^|;)unix:path=([^,;]+)/.exec(address ?? DEFAULT_ADDRESS)?.[1];
  if (path === undefined)
    throw new Error(`the system bus is at ${address}, which is no Unix socket`);
  const socket = createConnection(decodeURIComponent(path));
  try {
    const rest = await authenticate(socket, clock);
    const bus = new BusConnection(socket, rest, clock);
    await bus.call({ ...BUS, member: "Hello" });
    return bus;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

/** Who a well-known name belongs to now, and from now on at every change; undefined: nobody. */
export async function watchOwner(
  bus: Bus,
  name: string,
  onOwner: (owner: string | undefined) => void,
): Promise<void> {
  bus.onSignal(({ fields, body }) => {
    if (fields.sender !== BUS.destination || fields.member !== "NameOwnerChanged") return;
    const [changed, , owner] = body();
    if (changed === name) onOwner(owner === "" ? undefined : String(owner));
  });
  await subscribe(
    bus,
    `type='signal',sender='${BUS.destination}',member='NameOwnerChanged',arg0='${name}'`,
  );
  const known = bus.call({ ...BUS, member: "GetNameOwner", types: ["s"], values: [name] });
  const [owner] = await known.catch((error: unknown) => {
    if (error instanceof BusError && error.code.endsWith(".NameHasNoOwner")) return [];
    throw error;
  });
  onOwner(owner === undefined ? undefined : String(owner));
}

export async function subscribe(bus: Bus, rule: string): Promise<void> {
  await bus.call({ ...BUS, member: "AddMatch", types: ["s"], values: [rule] });
}

/**
 * As the user this process runs as, whom the bus knows from the socket ("Authentication Protocol",
 * EXTERNAL).
 */
function authenticate(socket: Socket, clock: Clock): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const cancel = clock.startTimer(ANSWER_MS, () =>
      reject(new Error("the system bus does not answer")),
    );
    let heard = Buffer.alloc(0);
    const onData = (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes]);
      const end = heard.indexOf("\r\n");
      if (end < 0 && heard.length < 1024) return;
      cancel();
      socket.off("data", onData);
      if (!heard.toString("latin1").startsWith("OK "))
        return reject(new Error("the system bus refused the connection"));
      socket.write("BEGIN\r\n");
      resolve(heard.subarray(end + 2));
    };
    socket.on("data", onData);
    const fail = (error: unknown) => {
      cancel();
      reject(error instanceof Error ? error : new Error("the system bus closed the connection"));
    };
    socket.once("error", fail).once("close", fail);
    const user = Buffer.from(String(process.getuid?.() ?? 0)).toString("hex");
    socket.write(`\0AUTH EXTERNAL ${user}\r\n`);
  });
}

class BusConnection implements Bus {
  readonly #socket: Socket;
  readonly #calls: PendingCalls;
  readonly #listeners = new Set<(signal: Message) => void>();
  /** Bytes of a message that is not complete yet. */
  #heard: Buffer;
  readonly closed: Promise<void>;

  /** `rest` is what came behind the authentication. */
  constructor(socket: Socket, rest: Buffer, clock: Clock) {
    this.#socket = socket;
    this.#heard = rest;
    this.#calls = new PendingCalls(clock, ANSWER_MS);
    this.closed = new Promise((resolve) => {
      socket.once("close", () => {
        this.#calls.close();
        resolve();
      });
    });
    socket.on("error", () => {});
    socket.on("data", (bytes: Buffer) => this.#hear(bytes));
  }

  call(call: Call): Promise<Value[]> {
    const { serial, answer } = this.#calls.start(call.destination);
    this.#socket.write(formatCall(serial, call));
    return answer;
  }

  onSignal(listen: (signal: Message) => void): () => void {
    this.#listeners.add(listen);
    return () => void this.#listeners.delete(listen);
  }

  close(): void {
    this.#socket.destroy();
  }

  #hear(bytes: Buffer): void {
    this.#heard = Buffer.concat([this.#heard, bytes]);
    try {
      for (let next = readMessage(this.#heard); next; next = readMessage(this.#heard)) {
        this.#heard = this.#heard.subarray(next.end);
        this.#take(next.message);
      }
    } catch (error) {
      this.#socket.destroy(error instanceof Error ? error : undefined);
    }
  }

  #take(message: Message): void {
    if (message.type === MESSAGE.signal) for (const listen of this.#listeners) listen(message);
    else this.#calls.settle(message);
  }
}
