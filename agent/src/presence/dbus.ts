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

export interface Bus {
  /** What it returned. Throws `BusError`, also when no answer comes. */
  call(call: Call): Promise<Value[]>;
  /** Called for every signal, until what it returns is called. */
  onSignal(listen: (signal: Message) => void): () => void;
  readonly closed: Promise<void>;
  close(): void;
}

/** `code` is the name of the error on the bus, as `org.freedesktop.Avahi.CollisionError`. */
export class BusError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const DEFAULT_ADDRESS = "unix:path=/run/dbus/system_bus_socket";
/** An answer comes within milliseconds; whoever does not answer by then does not work. */
const ANSWER_MS = 5_000;
const BUS = {
  destination: "org.freedesktop.DBus",
  path: "/org/freedesktop/DBus",
  interface: "org.freedesktop.DBus",
};

/** Throws when there is no bus that lets us in. */
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
    const bus = serveBus(socket, rest, clock);
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
        return reject(new Error("the system bus lets us not in"));
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

interface Waiting {
  resolve(values: Value[]): void;
  reject(error: BusError): void;
}

function serveBus(socket: Socket, rest: Buffer, clock: Clock): Bus {
  const waiting = new Map<number, Waiting>();
  const listeners = new Set<(signal: Message) => void>();
  let serial = 0;
  let heard = rest;
  let isClosed = false;

  const closed = new Promise<void>((resolve) => {
    socket.once("close", () => {
      isClosed = true;
      for (const one of waiting.values())
        one.reject(new BusError("closed", "the system bus closed the connection"));
      resolve();
    });
  });
  socket.on("error", () => {});
  socket.on("data", (bytes: Buffer) => {
    heard = Buffer.concat([heard, bytes]);
    try {
      for (let next = readMessage(heard); next !== undefined; next = readMessage(heard)) {
        heard = heard.subarray(next.end);
        take(next.message);
      }
    } catch (error) {
      socket.destroy(error instanceof Error ? error : undefined);
    }
  });

  function take(message: Message): void {
    if (message.type === MESSAGE.signal) for (const listen of listeners) listen(message);
    const one = waiting.get(Number(message.fields.replySerial));
    if (one === undefined) return;
    if (message.type === MESSAGE.reply) one.resolve(message.body());
    else one.reject(new BusError(String(message.fields.error), String(message.body()[0] ?? "")));
  }

  return {
    call(call) {
      serial++;
      const number = serial;
      const answer = new Promise<Value[]>((resolve, reject) => {
        if (isClosed) return reject(new BusError("closed", "the system bus closed the connection"));
        const noAnswer = new BusError("no-answer", `${call.destination} does not answer`);
        const cancel = clock.startTimer(ANSWER_MS, () => end(() => reject(noAnswer)));
        const end = (settle: () => void) => {
          cancel();
          waiting.delete(number);
          settle();
        };
        waiting.set(number, {
          resolve: (values) => end(() => resolve(values)),
          reject: (error) => end(() => reject(error)),
        });
      });
      socket.write(formatCall(number, call));
      return answer;
    },
    onSignal(listen) {
      listeners.add(listen);
      return () => void listeners.delete(listen);
    },
    closed,
    close: () => void socket.destroy(),
  };
}
