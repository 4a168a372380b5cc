/**
 * Releases that wait for a better moment. What waits is forgotten but for the one that was put off
 * last: once that need not wait any more, the neighbours are asked again.
 */
import type { Announcement } from "@infield/shared/announce";
import type { WaitsFor } from "../laptop/waiting-file.ts";
import type { UpdatePolicy } from "./policy.ts";
import type { Timers } from "./timers.ts";

/** How often to look: a charger that was just plugged in may be gone again in less. */
const LOOK_AGAIN_MS = 5 * 60_000;

interface PostponementOptions {
  readonly policy: UpdatePolicy;
  readonly timers: Timers;
  /** The version in use. */
  current(): number;
  /** It need not wait any more, perhaps: runs as a change. */
  onLook(announcement: Announcement): void;
}

export class Postponement {
  readonly #options: PostponementOptions;
  /** Announced and signed: the newest urgent release that was heard of. */
  #newestUrgent = 0;
  #cancelLook = () => {};

  constructor(options: PostponementOptions) {
    this.#options = options;
  }

  /** A key of the channel signed this. */
  hear({ urgent, version }: Announcement): void {
    if (urgent) this.#newestUrgent = Math.max(this.#newestUrgent, version);
  }

  /** What this release waits for, or undefined when it is to be taken now. */
  judge(announcement: Announcement): Promise<WaitsFor | undefined> {
    const { version } = announcement;
    return this.#options.policy.judge({ version, urgent: this.#isUrgent(announcement) });
  }

  lookAgain(announcement: Announcement): void {
    this.#cancelLook();
    this.#cancelLook = this.#options.timers.start(LOOK_AGAIN_MS, () =>
      this.#options.onLook(announcement),
    );
  }

  /** What comes after an urgent release that is not here yet brings what was urgent. */
  #isUrgent({ version, urgent }: Announcement): boolean {
    return (
      urgent || (this.#options.current() < this.#newestUrgent && this.#newestUrgent <= version)
    );
  }
}
