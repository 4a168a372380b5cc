/**
 * A room of laptops on one shared medium, on a clock of its own: what is sent takes its time on the
 * air, one packet at a time, fairly among the connections, as in a radio cell. Every byte is
 * counted, with the headers and acknowledgements a real one would have.
 */
import { createFakeClock, type FakeClock } from "@infield/shared/testing";
import {
  Asker,
  PeerMessageSchema,
  parseMessage,
  peerFailed,
  type Sharing,
  type Wire,
} from "@infield/shared/transfer";
import type { Links } from "../peers/links.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";

/**
 * Bytes of TCP payload in a packet, and what a packet costs beside: Ethernet, IP and TCP, and half
 * an acknowledgement.
 */
const PACKET_BYTES = 1_448;
const OVERHEAD_BYTES = 66 + 33;
/** What a kernel takes of a connection before it has sent it. */
const BUFFER_BYTES = 48 * 1024;

type Frame = string | Uint8Array;
interface Sending {
  readonly frame: Frame;
  left: number;
  taken(): void;
}
interface Flow {
  readonly queue: Sending[];
  deliver(frame: Frame): void;
  closed: boolean;
}

/** Whatever became ready runs before time goes on: chains of promises are no longer than this. */
async function settle(): Promise<void> {
  for (let turns = 0; turns < 24; turns++) await undefined;
}

export function createRoomClock(random: () => number): FakeClock {
  return createFakeClock(random, settle);
}

/** Bytes a second for all together. */
export function createMedium(clock: Clock, rate: number) {
  const flows = new Set<Flow>();
  let busy = false;
  let bytes = 0;

  function nextFlow(): Flow | undefined {
    for (const flow of flows) if (flow.queue.length > 0) return flow;
    return undefined;
  }

  /** One packet of one connection, then the next one's turn. */
  function transmit(): void {
    const flow = nextFlow();
    const sending = flow?.queue[0];
    if (flow === undefined || sending === undefined) {
      busy = false;
      return;
    }
    busy = true;
    flows.delete(flow);
    flows.add(flow);
    const payload = Math.min(PACKET_BYTES, sending.left);
    bytes += payload + OVERHEAD_BYTES;
    clock.startTimer(((payload + OVERHEAD_BYTES) / rate) * 1000, () => {
      sending.left -= payload;
      const waiting = flow.queue.reduce((sum, { left }) => sum + left, 0);
      if (waiting <= BUFFER_BYTES) for (const { taken } of flow.queue) taken();
      if (sending.left <= 0) {
        flow.queue.shift();
        if (!flow.closed) flow.deliver(sending.frame);
      }
      transmit();
    });
  }

  return {
    bytes: () => bytes,
    /** One direction of a connection. */
    open(deliver: (frame: Frame) => void) {
      const flow: Flow = { queue: [], deliver, closed: false };
      flows.add(flow);
      return {
        send: (frame: Frame) =>
          new Promise<void>((resolve, reject) => {
            if (flow.closed) return reject(new Error("closed"));
            flow.queue.push({ frame, left: frame.length + 8, taken: resolve });
            const waiting = flow.queue.reduce((sum, { left }) => sum + left, 0);
            if (waiting <= BUFFER_BYTES) resolve();
            if (!busy) transmit();
          }),
        close() {
          flow.closed = true;
          flow.queue.length = 0;
          flows.delete(flow);
        },
      };
    },
  };
}
export type Medium = ReturnType<typeof createMedium>;

/** Bytes of a handshake: TCP, HTTP and two hellos. */
const GREETING = " ".repeat(900);
/** Milliseconds until somebody who is not there has not answered. */
const NO_ANSWER_MS = 3_000;

/** What a laptop is to others. */
export interface End {
  readonly id: string;
  readonly address: string;
  readonly links: Links;
  readonly sharing: Pick<Sharing, "serve" | "cancel" | "forget">;
}
/** Who is at the other end of a wire. */
const receivers = new WeakMap<Wire, End>();
export const receiverOf = (wire: Wire) => receivers.get(wire);

interface Side {
  readonly own: End;
  readonly other: End;
  readonly wire: Wire;
  readonly asker: Asker;
  readonly follows: Set<number>;
  released: boolean;
}

/** Connects two laptops, once their greetings are over. Resolves to the first one's link. */
export async function connectEnds(clock: Clock, medium: Medium, a: End, b: End): Promise<PeerLink> {
  let close = () => {};
  const closed = new Promise<void>((resolve) => {
    close = resolve;
  });
  const sides: Side[] = [];
  let greeted = 0;
  let tellOpen = () => {};
  const open = new Promise<void>((resolve) => {
    tellOpen = resolve;
  });
  for (const [own, other] of [
    [a, b],
    [b, a],
  ] as const) {
    const at = sides.length;
    const out = medium.open((frame) => {
      const opposite = sides[1 - at];
      if (frame === GREETING) {
        if (++greeted === 2) tellOpen();
      } else if (opposite) hear(opposite, frame);
    });
    const wire = { send: out.send, close: () => close() };
    receivers.set(wire, other);
    const asker = new Asker(wire, clock.startTimer);
    sides.push({ own, other, wire, asker, follows: new Set(), released: false });
    void wire.send(GREETING);
    void closed.then(() => {
      out.close();
      asker.onClose();
      own.sharing.forget(wire);
    });
  }
  await open;
  const [first, second] = sides.map((side) => linkOf(side, close, closed));
  if (first === undefined || second === undefined) throw new Error("a connection has two sides");
  a.links.add(first);
  b.links.add(second);
  return first;
}

function linkOf(side: Side, close: () => void, closed: Promise<void>): PeerLink {
  const { id, address } = side.other;
  return {
    ...{
      id,
      address,
      challenge: "",
      hasOrdered: false,
      asker: side.asker,
      closed,
      close,
      sendReport() {},
      sendPacket() {},
    },
    release() {
      side.released = true;
      if (side.follows.size === 0) close();
    },
  };
}

function hear(side: Side, frame: Frame): void {
  const { own, wire, asker, follows } = side;
  if (typeof frame !== "string") {
    asker.onBytes(frame);
    return;
  }
  const message = parseMessage(PeerMessageSchema, frame);
  switch (message.type) {
    case "have":
      asker.onHave(message);
      break;
    case "cancel":
      own.sharing.cancel(message.id, wire);
      follows.delete(message.id);
      if (side.released && follows.size === 0) wire.close();
      break;
    case "file":
    case "failed":
    case "done":
      asker.onAnswer(message);
      break;
    case "hello":
    case "delta":
    case "get-delta":
    case "packet":
    case "report":
    case "order":
      break;
    default:
      if (message.type === "get-have") follows.add(message.id);
      void own.sharing.serve(message, wire);
  }
}

/** Dials nobody: fails after a while. */
export function noAnswer(clock: Clock): Promise<never> {
  return new Promise((_, reject) =>
    clock.startTimer(NO_ANSWER_MS, () => reject(peerFailed("is not there"))),
  );
}
