/**
 * A connection on which both sides have said hello: both may ask and answer, report and order.
 * Whoever says too much is left (docs/protocol.md, section 3).
 */
import { fromBase64, InfieldError, toBase64 } from "@infield/shared/base";
import {
  type Asker,
  type PeerMessage,
  PeerMessageSchema,
  parseMessage,
  type Report,
} from "@infield/shared/transfer";
import { createLimiter } from "../timing/token-bucket.ts";
import type { Connection } from "./connection.ts";
import type { OrderReceiver } from "./order-receiver.ts";
import type { LocalPeer, PeerLink } from "./peer-link.ts";
import { RequestReceiver } from "./request-receiver.ts";
import { CLOSE } from "./wire.ts";

export type Hello = Extract<PeerMessage, { type: "hello" }>;

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

export class EstablishedLink implements PeerLink {
  readonly id: string;
  readonly address: string;
  readonly asker: Asker;
  readonly closed: Promise<void>;
  readonly #connection: Connection;
  readonly #local: LocalPeer;
  readonly #orders: OrderReceiver;
  readonly #requests: RequestReceiver;
  readonly #mayTell: (source: string) => boolean;
  readonly #mayTellOfPieces: (source: string) => boolean;
  #challenge: string;
  /** The version that it last said it is at. */
  #version: number;

  constructor(
    connection: Connection,
    local: LocalPeer,
    orders: OrderReceiver,
    { challenge, report }: Hello,
    address: string,
  ) {
    this.id = report.id;
    this.address = address;
    this.asker = connection.asker;
    this.closed = connection.closed;
    this.#connection = connection;
    this.#local = local;
    this.#orders = orders;
    this.#requests = new RequestReceiver(connection, local);
    this.#mayTell = createLimiter(local.clock, UNASKED, UNASKED);
    this.#mayTellOfPieces = createLimiter(local.clock, PIECE_NEWS, PIECE_NEWS);
    this.#challenge = challenge;
    this.#version = report.version;
  }

  get challenge(): string {
    return this.#challenge;
  }

  get hasOrdered(): boolean {
    return this.#orders.hasObeyed;
  }

  sendReport(report: Report): void {
    this.#connection.send({ type: "report", report });
  }

  sendPacket(packet: Uint8Array): void {
    this.#connection.send({ type: "packet", packet: toBase64(packet) });
  }

  close(): void {
    this.#connection.wire.close();
  }

  release(): void {
    this.#requests.release();
  }

  /** A frame came. Throws `message-invalid`. */
  hear(frame: string | Uint8Array): void {
    if (typeof frame === "string") this.#hearMessage(parseMessage(PeerMessageSchema, frame));
    else this.asker.onBytes(frame);
  }

  #hearMessage(message: PeerMessage): void {
    switch (message.type) {
      case "hello":
        throw secondHello();
      case "packet":
        if (this.#isWithin(this.#mayTell))
          this.#local.onPacket(fromBase64(message.packet) ?? new Uint8Array(), this);
        break;
      case "report":
        if (this.#isWithin(this.#mayTell)) this.#hearReport(message.report, message.challenge);
        break;
      case "order":
        void this.#orders.obey(message.order, message.id);
        break;
      case "have":
        if (this.#isWithin(this.#mayTellOfPieces)) this.asker.onHave(message);
        break;
      case "cancel":
        if (this.#isWithin(this.#mayTellOfPieces)) this.#requests.cancel(message.id);
        break;
      case "file":
      case "delta":
      case "failed":
      case "done":
        this.asker.onAnswer(message);
        break;
      default:
        void this.#requests.answer(message, this.#version);
    }
  }

  #hearReport(report: Report, challenge: string | undefined): void {
    this.#challenge = challenge ?? this.#challenge;
    this.#version = report.version;
    // Who it is was said once, at hello: one connection speaks for one laptop.
    this.#local.onReport({ ...report, id: this.id }, this);
  }

  /** Whoever floods is left: what it says costs more than it can be worth. */
  #isWithin(mayTell: (source: string) => boolean): boolean {
    const isWithin = mayTell("");
    if (!isWithin) this.#connection.close(CLOSE.tooMany, "too many messages at once");
    return isWithin;
  }
}

function secondHello(): InfieldError {
  return new InfieldError("message-invalid", "a second hello came", "update Infield on both sides");
}
