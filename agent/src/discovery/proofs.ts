/**
 * Whether an announcement may be believed: the dear half of the checks (docs/protocol.md, rule
 * 2.4), of which everybody gets only so many.
 */
import { type Announcement, isSignedBy, signerOf } from "@infield/shared/announce";
import { toHex } from "@infield/shared/base";
import type { Channel } from "@infield/shared/records";
import type { Verdict } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import { createLimiter, type Limiter } from "../timing/token-bucket.ts";

interface ProofsOptions {
  readonly clock: Clock;
  /** The channel as this laptop knows it; undefined before its chain was fetched. */
  channel(): Channel | undefined;
}

/**
 * Signatures verified: a second of one core can verify some hundreds, an attacker gets a twentieth
 * of it.
 */
const SIGNATURES = { one: { burst: 6, perSecond: 2 }, all: { burst: 20, perSecond: 10 } };
/**
 * Connections made on an announcement whose key is unknown, as it may be that of a newer channel
 * record.
 */
const UNPROVEN = { one: { burst: 3, perSecond: 1 / 30 }, all: { burst: 6, perSecond: 1 / 10 } };
/**
 * Announcements known to be signed: our release and a few others, from any number of neighbours.
 */
const PROVEN_KEPT = 8;

export class Proofs {
  readonly #options: ProofsOptions;
  readonly #maySign: Limiter;
  readonly #mayTryUnproven: Limiter;
  readonly #proven = new Set<string>();

  constructor(options: ProofsOptions) {
    const { clock } = options;
    this.#options = options;
    this.#maySign = createLimiter(clock, SIGNATURES.one, SIGNATURES.all);
    this.#mayTryUnproven = createLimiter(clock, UNPROVEN.one, UNPROVEN.all);
  }

  /** `taken` when the announcement is signed, or by a key that we cannot know yet. */
  judge(announcement: Announcement, address: string): Verdict {
    if (this.has(announcement)) return "taken";
    const channel = this.#options.channel();
    const signer = signerOf(announcement.signed);
    if (channel === undefined || !channel.release.keys.some((key) => key.id === signer))
      return this.#mayTryUnproven(address) ? "taken" : "too-many";
    if (!this.#maySign(address)) return "too-many";
    if (!isSignedBy(announcement.signed, channel)) return "forged";
    this.#add(announcement);
    return "taken";
  }

  /** True when a key of the channel is known to have signed it. */
  has({ signed }: Announcement): boolean {
    return this.#proven.has(toHex(signed));
  }

  #add({ signed }: Announcement): void {
    this.#proven.add(toHex(signed));
    const [oldest] = this.#proven;
    if (this.#proven.size > PROVEN_KEPT && oldest !== undefined) this.#proven.delete(oldest);
  }
}
