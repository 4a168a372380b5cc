/**
 * Requests of one neighbour: no more at a time than an honest one has, and a connection that stays
 * open as long as the neighbour still needs it.
 */
import type { GetDelta, Request } from "@infield/shared/transfer";
import type { Connection } from "./connection.ts";
import type { LocalPeer } from "./peer-link.ts";
import { CLOSE } from "./wire.ts";

/** How long a neighbour may go on fetching over a connection that is not needed here any more. */
const LINGER_MS = 30_000;
/** Requests being answered at one time; an honest neighbour has four in flight. */
const MAX_REQUESTS = 16;

export class RequestReceiver {
  readonly #connection: Connection;
  readonly #local: LocalPeer;
  #underWay = 0;
  /** Numbers of the requests that follow a blob. */
  readonly #follows = new Set<number>();
  #isReleased = false;
  #cancelLinger = () => {};

  constructor(connection: Connection, local: LocalPeer) {
    this.#connection = connection;
    this.#local = local;
    void connection.closed.then(() => {
      this.#cancelLinger();
      local.sharing.forget(connection.wire);
    });
  }

  /** Answers a request of a neighbour that last said it is at version `at`. */
  async answer(request: Request | GetDelta, at: number): Promise<void> {
    this.#underWay++;
    if (this.#underWay > MAX_REQUESTS || this.#follows.size > MAX_REQUESTS)
      this.#connection.close(CLOSE.tooMany, "too many requests at once");
    else if (request.type === "get-delta") await this.#nameDelta(request, at);
    else await this.#serve(request);
    this.#underWay--;
  }

  /** What this request asked for is not wanted any more. */
  cancel(id: number): void {
    this.#local.sharing.cancel(id, this.#connection.wire);
    this.#follows.delete(id);
    if (this.#isReleased && this.#follows.size === 0) this.#connection.wire.close();
  }

  /** The connection is not needed here any more: closes it once no blob is followed over it. */
  release(): void {
    const { wire } = this.#connection;
    this.#isReleased = true;
    if (this.#follows.size === 0) wire.close();
    else this.#cancelLinger = this.#local.clock.startTimer(LINGER_MS, wire.close);
  }

  async #serve(request: Request): Promise<void> {
    if (request.type === "get-have") this.#follows.add(request.id);
    await this.#local.sharing.serve(request, this.#connection.wire);
  }

  async #nameDelta(request: GetDelta, at: number): Promise<void> {
    const { id } = request;
    await this.#local.delta(request, at).then(
      (delta) => this.#connection.send({ type: "delta", id, delta }),
      (error: unknown) => this.#connection.sendFailure(id, error),
    );
  }
}
