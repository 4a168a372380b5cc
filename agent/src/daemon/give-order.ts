/** A teacher's order to another laptop. */
import { type Order, peerFailed, type Report } from "@infield/shared/transfer";
import { signOrder } from "../page/orders.ts";
import type { Laptop } from "./laptop.ts";

/**
 * From a laptop's answer to its report of the effect, which it sends first: long enough for a
 * crowded channel.
 */
const EFFECT_MS = 20_000;

/**
 * Has another laptop do it, by an order for its connection's challenge. `done` is not enough:
 * anybody on the way may say it and keep the order, so the laptop's report has to show what it did.
 * Throws `peer-failed`, `not-allowed` and what the order throws there.
 */
export async function giveOrder(
  { classroom, teacherKey }: Pick<Laptop, "classroom" | "teacherKey">,
  what: Pick<Order, "command" | "force">,
  laptop: string,
  signal: AbortSignal,
): Promise<void> {
  const link = classroom.linkTo(laptop);
  const before = classroom.reportOf(laptop);
  if (link === undefined) throw peerFailed("is not connected now");
  await link.asker.giveOrder(signOrder(teacherKey, what, laptop, link.challenge), signal);
  const shows = ({ version, state }: Report) =>
    what.command === "roll-back" ? version !== before?.version : state !== "held";
  await classroom.until(laptop, shows, EFFECT_MS, signal);
}
