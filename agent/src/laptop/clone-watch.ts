/** Watches for another laptop in the room that has the id of this one. */
import { networkInterfaces } from "node:os";
import type { OnEvent } from "./events.ts";

interface CloneWatchOptions {
  /** Addresses of this machine; what the system says when left out. */
  ownAddresses?(): readonly string[];
  /** Has this laptop take another id at its next start. */
  noteClone(): Promise<void>;
  readonly onEvent: OnEvent;
}

export class CloneWatch {
  readonly #options: CloneWatchOptions;
  #isNoted = false;

  constructor(options: CloneWatchOptions) {
    this.#options = options;
  }

  /** A packet with this laptop's id came from here: its own, unless the address is another's. */
  hear(address: string): void {
    const { ownAddresses = systemAddresses, noteClone, onEvent } = this.#options;
    if (this.#isNoted || ownAddresses().includes(withoutScope(address))) return;
    this.#isNoted = true;
    onEvent({ event: "clone", address });
    // What cannot be noted now is noted when the agent has started again.
    void noteClone().catch(() => {});
  }
}

function systemAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((infos) =>
    (infos ?? []).map(({ address }) => withoutScope(address)),
  );
}

function withoutScope(address: string): string {
  return address.replace(/%.*$/, "");
}
