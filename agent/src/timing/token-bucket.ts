/**
 * Token buckets: how much unproven input is worth looking at, from one source and from all of them
 * together.
 */
import type { Clock } from "./clock.ts";

interface Rate {
  /** What may come at once after a quiet time. */
  readonly burst: number;
  readonly perSecond: number;
}

/**
 * Sources whose buckets are remembered: twice a big classroom. Beyond it the oldest is forgotten.
 */
const SOURCES_KEPT = 256;

/** False for a source, or all of them together, that come more often than allowed. */
export type Limiter = (source: string) => boolean;

/**
 * Tells whether something from `source` is within the rate of that source and of all. What is
 * refused costs no token.
 */
export function createLimiter(clock: Clock, one: Rate, all: Rate): Limiter {
  const total = createBucket(clock, all);
  const sources = new Map<string, Bucket>();

  function bucketOf(source: string): Bucket {
    const known = sources.get(source);
    if (known) return known;
    const bucket = createBucket(clock, one);
    sources.set(source, bucket);
    const oldest = sources.keys().next().value;
    if (sources.size > SOURCES_KEPT && oldest !== undefined) sources.delete(oldest);
    return bucket;
  }
  return (source) => {
    const own = bucketOf(source);
    if (!own.has() || !total.has()) return false;
    own.take();
    total.take();
    return true;
  };
}

interface Bucket {
  has(): boolean;
  take(): void;
}

function createBucket(clock: Clock, rate: Rate): Bucket {
  let tokens = rate.burst;
  let at = clock.now();
  return {
    has() {
      const now = clock.now();
      tokens = Math.min(rate.burst, tokens + ((now - at) / 1000) * rate.perSecond);
      at = now;
      return tokens >= 1;
    },
    take() {
      tokens--;
    },
  };
}
