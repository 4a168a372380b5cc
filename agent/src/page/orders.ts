/**
 * A teacher's orders: signed with the teacher's key, for one laptop and one challenge of one
 * connection. Clocks are wrong and addresses can be had by anybody in the room, so neither a date
 * nor an address says who may order.
 */
import { fromBase64, InfieldError } from "@infield/shared/base";
import {
  type Envelope,
  loadPublicKey,
  openEnvelope,
  type PublicKey,
  parseRecord,
  type SigningKey,
  signEnvelope,
} from "@infield/shared/records";
import { type Order, OrderSchema } from "@infield/shared/transfer";
import { debug } from "../host/debug.ts";

const log = debug("page");

/** The public keys of `--teacher`. Throws `key-invalid`. */
export function loadTeachers(keys: readonly string[]): PublicKey[] {
  return keys.map((text) => loadPublicKey(fromBase64(text) ?? new Uint8Array()));
}

export function signOrder(
  key: SigningKey,
  what: Pick<Order, "command" | "force">,
  laptop: string,
  challenge: string,
): Envelope {
  const order: Order = { infield: "control 1", ...what, laptop, challenge };
  return signEnvelope("control", JSON.stringify(order), [key]);
}

/**
 * What a teacher of ours orders this laptop to do, on this connection, now. Throws `not-allowed`.
 */
export function verifyOrder(
  envelope: Envelope,
  teachers: readonly PublicKey[],
  laptop: string,
  challenge: string,
): Order {
  let order: Order;
  try {
    order = parseRecord(OrderSchema, openEnvelope(envelope, "control", teachers, 1), "the order");
  } catch (cause) {
    log("an order is refused: %s", cause);
    throw notAllowed(
      "the order is not signed by a teacher of this laptop",
      "start the laptop's agent with --teacher and this teacher's key",
      cause,
    );
  }
  if (order.laptop !== laptop || order.challenge !== challenge) {
    log("an order is refused: it is for laptop %s, or an old challenge", order.laptop);
    throw notAllowed(
      "the order came too late, or was made for another laptop or another connection",
      "give it again",
    );
  }
  log("an order is obeyed: %s%s", order.command, order.force ? ", forced" : "");
  return order;
}

function notAllowed(message: string, hint: string, cause?: unknown): InfieldError {
  return new InfieldError("not-allowed", message, hint, cause);
}
