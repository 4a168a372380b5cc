/** One teller of our service at a time: the next one begins when the one before has ended. */
import { createTurns } from "../timing/turns.ts";
import type { Publisher } from "./publisher.ts";
import type { Service } from "./service.ts";

/** Undefined: nobody tells of it for now. */
export type OpenPublisher = () => Promise<Publisher | undefined>;

export class OnePublisher {
  readonly #inTurn = createTurns();
  readonly #onError: (error: unknown) => void;
  #service: Service | undefined;
  #publisher: Publisher | undefined;
  #isClosed = false;

  /** `onError` hears of all that fails but the ending of a publisher. */
  constructor(onError: (error: unknown) => void) {
    this.#onError = onError;
  }

  /** What is told from now on; undefined: nothing, after a goodbye. Resolves when that is done. */
  tell(service: Service | undefined): Promise<void> {
    this.#service = service;
    return this.#inTurn(() => this.#tellNow()).catch(this.#onError);
  }

  /** Ends the publisher there is, and has the next one tell the same. */
  replace(open: OpenPublisher): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#isClosed) return;
      const before = this.#publisher;
      this.#publisher = undefined;
      // What fails of the old one matters to nobody: its daemon may be what is gone.
      await before?.close().catch(() => {});
      this.#publisher = await open();
      await this.#tellNow();
    }).catch(this.#onError);
  }

  /** Says goodbye, and ends. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#inTurn(async () => this.#publisher?.close()).catch(() => {});
  }

  async #tellNow(): Promise<void> {
    if (this.#service === undefined) await this.#publisher?.withdraw();
    else await this.#publisher?.publish(this.#service);
  }
}
