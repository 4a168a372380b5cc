/**
 * The hellos that begin a conversation. Nothing but a hello is listened to first, and what does not
 * parse ends the connection, then and later (docs/protocol.md, section 3).
 */
import { InfieldError } from "@infield/shared/base";
import { PeerMessageSchema, parseMessage, peerFailed } from "@infield/shared/transfer";
import type { WebSocket } from "ws";
import { type Connection, createConnection } from "./connection.ts";
import { EstablishedLink, type Hello } from "./established-link.ts";
import { OrderReceiver } from "./order-receiver.ts";
import type { LocalPeer, PeerLink } from "./peer-link.ts";
import { CLOSE, HELLO_MS, onFrame } from "./wire.ts";

/**
 * Exchanges hellos on a WebSocket as soon as it is open; by then `addressNow` knows the other end.
 * Throws `peer-failed` when the other side does not say hello in time, `unknown-channel` when it
 * follows another channel; the connection is closed then.
 */
export function openPeerLink(
  socket: WebSocket,
  addressNow: () => string,
  local: LocalPeer,
): Promise<PeerLink> {
  const connection = createConnection(socket, local.clock);
  const orders = new OrderReceiver(connection, local);
  return new Promise((resolve, reject) => {
    let link: EstablishedLink | undefined;
    const fail = (code: number, error: unknown) => {
      connection.closeFor(code, error);
      reject(error);
    };
    const cancel = local.clock.startTimer(HELLO_MS, () =>
      fail(CLOSE.tooLate, peerFailed("did not say hello in time")),
    );

    function hear(frame: string | Uint8Array): void {
      if (link) {
        link.hear(frame);
        return;
      }
      const hello = readHello(frame, local.channel());
      link = new EstablishedLink(connection, local, orders, hello, addressNow());
      cancel();
      resolve(link);
      local.onOpen(link);
      local.onReport(hello.report, link);
    }
    onFrame(socket, (frame) => {
      try {
        hear(frame);
      } catch (error) {
        fail(isOtherChannel(error) ? CLOSE.refused : CLOSE.badMessage, error);
      }
    });
    void connection.closed.then(() => {
      cancel();
      reject(peerFailed("broke off"));
    });
    const begin = () => {
      if (!sayHello(connection, local, orders)) fail(CLOSE.refused, otherChannel());
    };
    if (socket.readyState === socket.CONNECTING) socket.once("open", begin);
    else begin();
  });
}

/** False where there is nothing to say, as this laptop follows no channel yet. */
function sayHello(connection: Connection, local: LocalPeer, orders: OrderReceiver): boolean {
  const channel = local.channel();
  if (channel === undefined) return false;
  const challenge = orders.renewChallenge();
  connection.send({ type: "hello", protocol: 1, channel, challenge, report: local.report() });
  return true;
}

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

function isOtherChannel(error: unknown): boolean {
  return error instanceof InfieldError && error.code === "unknown-channel";
}

export function otherChannel(): InfieldError {
  return new InfieldError(
    "unknown-channel",
    "the neighbour follows another channel, or none",
    "start both agents with the same --channel",
  );
}
