/**
 * A conversation with a neighbour, the same whoever dialled: both say hello, both may ask and
 * answer, report and order. Nothing but a hello is listened to first, and what does not parse ends
 * the connection (docs/protocol.md, section 3).
 */
import { randomBytes } from "node:crypto";
import { fromBase64, InfieldError, toBase64 } from "@infield/shared/base";
import type { BlobRecord, Envelope } from "@infield/shared/records";
import {
  type Asker,
  createAsker,
  failedAnswer,
  type GetDelta,
  type PeerMessage,
  PeerMessageSchema,
  parseMessage,
  peerFailed,
  type Report,
  type Request,
  type Sharing,
} from "@infield/shared/transfer";
import type { WebSocket } from "ws";
import type { Clock } from "../timing/clock.ts";
import { createLimiter } from "../timing/token-bucket.ts";
import { CLOSE, closeFor, createWire, HELLO_MS, onFrame } from "./wire.ts";

/** What this laptop is in every conversation. */
export interface LocalPeer {
  readonly clock: Clock;
  /** The channel both must be of; undefined: none yet, so every neighbour is refused. */
  channel(): string | undefined;
  report(): Report;
  /** Answers requests, from our repository and from what is on its way there. */
  readonly sharing: Pick<Sharing, "serve" | "cancel" | "forget">;
  /** Names a delta that a neighbour at version `at` asks for. Throws `delta-pending`, `no-path`. */
  delta(request: GetDelta, at: number): Promise<BlobRecord>;
  /** Carries a teacher's order out. Throws `not-allowed` and what the order itself can throw. */
  obey(order: Envelope, challenge: string): Promise<void>;
  /** A neighbour has said hello. */
  onOpen(link: PeerLink): void;
  /** The neighbour said something of itself: at hello, and whenever it changes. */
  onReport(report: Report, link: PeerLink): void;
  /** An announcement or a query came over the connection; nothing of it is checked yet. */
  onPacket(packet: Uint8Array, link: PeerLink): void;
}

export interface PeerLink {
  /** The neighbour's laptop id, as it claims. */
  readonly id: string;
  readonly address: string;
  /** What it must find in the next order it is given. */
  readonly challenge: string;
  /** It gave an order that was obeyed: a teacher of this laptop, not somebody who says so. */
  readonly hasOrdered: boolean;
  readonly asker: Asker;
  sendReport(report: Report): void;
  /** Sends an announcement or a query. */
  sendPacket(packet: Uint8Array): void;
  close(): void;
  /** Closes it as soon as the neighbour follows no blob here any more, or in a while. */
  release(): void;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
}

/** The link as this file alone may change it. */
type OpenLink = { -readonly [K in keyof PeerLink]: PeerLink[K] };

/**
 * How long an order may be on its way: who holds one back must not be able to deliver it in another
 * lesson.
 */
const CHALLENGE_MS = 60_000;
/** How long a neighbour may go on fetching over a connection that is needed no more here. */
const LINGER_MS = 30_000;
/** Requests of one neighbour being answered at one time; an honest one has four in flight. */
const MAX_REQUESTS = 16;
/**
 * Reports and packets of one neighbour, which answer nothing: an honest one sends two a second
 * while it updates, and may have been cut off for half a minute.
 */
const UNASKED = { burst: 64, perSecond: 4 };
/**
 * News of pieces and cancellations: an honest one sends five a second while it fetches, and
 * sixty-six at once of the largest blob on its disk.
 */
const PIECE_NEWS = { burst: 128, perSecond: 20 };

/**
 * Exchanges hellos on a WebSocket, as soon as it is open; by then, `addressNow` knows the other
 * end. Throws `peer-failed` when the other side does not say hello in time, `unknown-channel` when
 * it is of another channel; the connection is closed then.
 */
export function openPeerLink(
  socket: WebSocket,
  addressNow: () => string,
  local: LocalPeer,
): Promise<PeerLink> {
  const wire = createWire(socket);
  const asker = createAsker(wire, local.clock.startTimer);
  const closed = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  let ours = "";
  let cancelRenewal = () => {};
  const mayTell = createLimiter(local.clock, UNASKED, UNASKED);
  const mayTellOfPieces = createLimiter(local.clock, PIECE_NEWS, PIECE_NEWS);
  let requests = 0;
  let obeying = false;
  /** The version it last said it is at. */
  let at = 0;
  /** Numbers of the neighbour's requests that follow a blob. */
  const follows = new Set<number>();
  let released = false;
  let cancelLinger = () => {};
  let link: OpenLink | undefined;

  const send = (message: PeerMessage) =>
    void wire.send(JSON.stringify(message)).catch(() => socket.terminate());

  /** The next challenge, in place of the last one whether that was used or not. */
  function renewChallenge(): string {
    cancelRenewal();
    cancelRenewal = local.clock.startTimer(CHALLENGE_MS, tellChallenge);
    ours = randomBytes(16).toString("hex");
    return ours;
  }
  function tellChallenge(): void {
    if (socket.readyState !== socket.OPEN) return;
    const challenge = renewChallenge();
    send({ type: "report", report: local.report(), challenge });
  }

  async function answer(request: Request | GetDelta): Promise<void> {
    requests++;
    if (requests > MAX_REQUESTS || follows.size > MAX_REQUESTS) {
      socket.close(CLOSE.tooMany, "too many requests at once");
    } else if (request.type === "get-delta") {
      await nameDelta(request);
    } else {
      if (request.type === "get-have") follows.add(request.id);
      await local.sharing.serve(request, wire);
    }
    requests--;
  }

  async function nameDelta(request: GetDelta): Promise<void> {
    const { id } = request;
    await local.delta(request, at).then(
      (delta) => send({ type: "delta", id, delta }),
      (error: unknown) => wire.send(failedAnswer(id, error)).catch(() => socket.terminate()),
    );
  }

  function cancelRequest(id: number): void {
    local.sharing.cancel(id, wire);
    follows.delete(id);
    if (released && follows.size === 0) wire.close();
  }

  function release(): void {
    released = true;
    if (follows.size === 0) wire.close();
    else cancelLinger = local.clock.startTimer(LINGER_MS, wire.close);
  }

  /**
   * One order at a time. Whatever comes of it, its challenge is used up, and the next one is told
   * before the answer; who gives an order it may not give is left.
   */
  async function obey(order: Envelope, id: number, from: OpenLink): Promise<void> {
    if (obeying) {
      socket.close(CLOSE.tooMany, "one order at a time");
      return;
    }
    obeying = true;
    const challenge = ours;
    renewChallenge();
    const failure = await local.obey(order, challenge).then(
      () => undefined,
      (error: unknown) => error ?? new Error("refused"),
    );
    obeying = false;
    from.hasOrdered ||= failure === undefined;
    tellChallenge();
    if (failure === undefined) send({ type: "done", id });
    else wire.send(failedAnswer(id, failure)).catch(() => socket.terminate());
    if (isRefusal(failure)) closeFor(socket, CLOSE.refused, failure);
  }

  /** Who floods is left: what it says costs more than it can be worth. */
  function isWithinRate(may = mayTell): boolean {
    const isWithin = may("");
    if (!isWithin) socket.close(CLOSE.tooMany, "too many messages at once");
    return isWithin;
  }

  function hear(frame: string | Uint8Array, to: OpenLink): void {
    if (typeof frame === "string") hearMessage(parseMessage(PeerMessageSchema, frame), to);
    else asker.onBytes(frame);
  }

  function hearMessage(message: PeerMessage, to: OpenLink): void {
    switch (message.type) {
      case "hello":
        throw new InfieldError(
          "message-invalid",
          "a second hello came",
          "update Infield on both sides",
        );
      case "packet":
        if (isWithinRate()) local.onPacket(fromBase64(message.packet) ?? new Uint8Array(), to);
        break;
      case "report":
        if (!isWithinRate()) break;
        to.challenge = message.challenge ?? to.challenge;
        at = message.report.version;
        // Who it is was said once, at hello: one connection speaks for one laptop.
        local.onReport({ ...message.report, id: to.id }, to);
        break;
      case "order":
        void obey(message.order, message.id, to);
        break;
      case "have":
        if (isWithinRate(mayTellOfPieces)) asker.onHave(message);
        break;
      case "cancel":
        if (isWithinRate(mayTellOfPieces)) cancelRequest(message.id);
        break;
      case "file":
      case "delta":
      case "failed":
      case "done":
        asker.onAnswer(message);
        break;
      default:
        void answer(message);
    }
  }

  return new Promise((resolve, reject) => {
    const fail = (code: number, error: unknown) => {
      closeFor(socket, code, error);
      reject(error);
    };
    const cancel = local.clock.startTimer(HELLO_MS, () =>
      fail(CLOSE.tooLate, peerFailed("did not say hello in time")),
    );

    function begin(hello: Hello): void {
      const sendReport = (own: Report) => send({ type: "report", report: own });
      const sendPacket = (packet: Uint8Array) => send({ type: "packet", packet: toBase64(packet) });
      const { challenge, report } = hello;
      at = report.version;
      const says = { id: report.id, address: addressNow(), challenge, hasOrdered: false };
      link = { ...says, asker, sendReport, sendPacket, close: wire.close, release, closed };
      cancel();
      resolve(link);
      local.onOpen(link);
      local.onReport(report, link);
    }
    onFrame(socket, (frame) => {
      try {
        if (link) hear(frame, link);
        else begin(readHello(frame, local.channel()));
      } catch (error) {
        const refused = error instanceof InfieldError && error.code === "unknown-channel";
        fail(refused ? CLOSE.refused : CLOSE.badMessage, error);
      }
    });
    void closed.then(() => {
      cancel();
      cancelRenewal();
      cancelLinger();
      asker.onClose();
      local.sharing.forget(wire);
      reject(peerFailed("broke off"));
    });
    const sayHello = () => {
      const channel = local.channel();
      if (channel === undefined) fail(CLOSE.refused, otherChannel());
      else
        send({
          type: "hello",
          protocol: 1,
          channel,
          challenge: renewChallenge(),
          report: local.report(),
        });
    };
    if (socket.readyState === socket.CONNECTING) socket.once("open", sayHello);
    else sayHello();
  });
}

type Hello = Extract<PeerMessage, { type: "hello" }>;

/**
 * Throws `message-invalid` for anything but a hello, `unknown-channel` for one of another channel.
 */
function readHello(frame: string | Uint8Array, channel: string | undefined): Hello {
  const message = typeof frame === "string" ? parseMessage(PeerMessageSchema, frame) : undefined;
  if (message?.type !== "hello") {
    throw new InfieldError(
      "message-invalid",
      "the first message is no hello",
      "update Infield on both sides",
    );
  }
  if (message.channel !== channel) throw otherChannel();
  return message;
}

function isRefusal(failure: unknown): boolean {
  return failure instanceof InfieldError && failure.code === "not-allowed";
}

export function otherChannel(): InfieldError {
  return new InfieldError(
    "unknown-channel",
    "the neighbour follows another channel, or none",
    "start both agents with the same --channel",
  );
}
