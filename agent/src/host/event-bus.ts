/**
 * Facts that the parts of a process tell each other. Whoever knows one emits it, whoever acts on it
 * listens, and neither knows the other: so no part has to be there before another.
 */

/** Names of facts, each with the details that come with it. */
type FactMap<Facts> = Record<keyof Facts, readonly unknown[]>;
type Listener<Details extends readonly unknown[]> = (...details: Details) => unknown;
type Listeners<Facts extends FactMap<Facts>> = { [F in keyof Facts]?: Listener<Facts[F]>[] };

export class EventBus<Facts extends FactMap<Facts>> {
  readonly #listeners: Listeners<Facts> = {};

  /** Calls `listen` at every such fact from now on, until what it returns is called. */
  on<F extends keyof Facts>(fact: F, listen: Listener<Facts[F]>): () => void {
    this.#listeners[fact] = [...this.#of(fact), listen];
    return () => {
      this.#listeners[fact] = this.#of(fact).filter((other) => other !== listen);
    };
  }

  /** Tells whoever listens, in no order to rely on, and waits for nobody. */
  emit<F extends keyof Facts>(fact: F, ...details: Facts[F]): void {
    for (const listen of this.#of(fact)) listen(...details);
  }

  /**
   * Tells whoever listens, all at once, and resolves when each of them has done what follows from
   * it. Throws the first failure, once the others are done.
   */
  async emitAndWait<F extends keyof Facts>(fact: F, ...details: Facts[F]): Promise<void> {
    const listening = this.#of(fact).map(async (listen) => listen(...details));
    for (const result of await Promise.allSettled(listening))
      if (result.status === "rejected") throw result.reason;
  }

  #of<F extends keyof Facts>(fact: F): readonly Listener<Facts[F]>[] {
    return this.#listeners[fact] ?? [];
  }
}
