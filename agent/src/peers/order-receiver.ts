/**
 * Orders of a teacher over one connection. Each must repeat the challenge that was told last, so
 * that it can be used once, here and now (docs/protocol.md, section 5).
 */
import { randomBytes } from "node:crypto";
import { InfieldError } from "@infield/shared/base";
import type { Envelope } from "@infield/shared/records";
import type { Connection } from "./connection.ts";
import type { LocalPeer } from "./peer-link.ts";
import { CLOSE } from "./wire.ts";

/**
 * How long an order may be on its way: whoever holds one back must not be able to deliver it in
 * another lesson.
 */
const CHALLENGE_MS = 60_000;

export class OrderReceiver {
  readonly #connection: Connection;
  readonly #local: LocalPeer;
  #challenge = "";
  #cancelRenewal = () => {};
  #isObeying = false;
  #hasObeyed = false;

  constructor(connection: Connection, local: LocalPeer) {
    this.#connection = connection;
    this.#local = local;
    void connection.closed.then(() => this.#cancelRenewal());
  }

  /** True once an order was carried out. */
  get hasObeyed(): boolean {
    return this.#hasObeyed;
  }

  /** The next challenge, in place of the last one whether that was used or not. */
  renewChallenge(): string {
    this.#cancelRenewal();
    this.#cancelRenewal = this.#local.clock.startTimer(CHALLENGE_MS, () => this.#tellChallenge());
    this.#challenge = randomBytes(16).toString("hex");
    return this.#challenge;
  }

  /**
   * One order at a time. Whatever comes of it, its challenge is used up, and the next one is told
   * before the answer. Whoever gives an order that it may not give is left.
   */
  async obey(order: Envelope, id: number): Promise<void> {
    if (this.#isObeying) {
      this.#connection.close(CLOSE.tooMany, "one order at a time");
      return;
    }
    this.#isObeying = true;
    const challenge = this.#challenge;
    this.renewChallenge();
    const failure = await this.#local.obey(order, challenge).then(
      () => undefined,
      (error: unknown) => error ?? new Error("refused"),
    );
    this.#isObeying = false;
    this.#hasObeyed ||= failure === undefined;
    this.#tellChallenge();
    if (failure === undefined) this.#connection.send({ type: "done", id });
    else this.#connection.sendFailure(id, failure);
    if (isRefusal(failure)) this.#connection.closeFor(CLOSE.refused, failure);
  }

  #tellChallenge(): void {
    if (!this.#connection.isOpen()) return;
    const challenge = this.renewChallenge();
    this.#connection.send({ type: "report", report: this.#local.report(), challenge });
  }
}

function isRefusal(error: unknown): boolean {
  return error instanceof InfieldError && error.code === "not-allowed";
}
