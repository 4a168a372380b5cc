/**
 * The laptops of this channel that were seen by browsing. Everything in it is a claim; it is
 * bounded, and what is not renewed within its time to live is forgotten (docs/protocol.md, rules
 * 7.4 to 7.7).
 */
import type { Neighbour, Sighting } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import type { Heard } from "./records.ts";
import { readLaptopId } from "./service.ts";

export interface Neighbours {
  /**
   * What a packet from `address` said. Returns the instances of which nothing but the name is
   * known.
   */
  hear(address: string, heard: readonly Heard[]): string[];
  /** Each laptop once, with where it was heard last. */
  list(): Neighbour[];
  /**
   * The instances that need not be told again: more than half of their time is left (RFC 6762,
   * 7.1).
   */
  wellKnown(): KnownInstance[];
  /**
   * True where nothing is lost when that instance does not answer: it is one of `wellKnown`, or our
   * own.
   */
  knowsWell(instance: string): boolean;
  /** Forgets all, without a word: it is we who left. */
  clear(): void;
}

export interface KnownInstance {
  readonly instance: string;
  readonly ttlSeconds: number;
}

interface Entry extends Neighbour {
  readonly instance: string;
  readonly ttlMs: number;
  readonly until: number;
}

/**
 * Laptops remembered, the last heard: a school on one network. Beyond it, somebody makes them up.
 */
const MAX_NEIGHBOURS = 256;
/** Laptops that one address can claim: several agents on one machine. */
const MAX_OF_ONE_ADDRESS = 8;
/**
 * What responders give PTR and TXT records (RFC 6762, 10). Nobody is remembered longer than that,
 * whatever a packet says.
 */
const MAX_TTL_SECONDS = 75 * 60;

export function createNeighbours(
  clock: Clock,
  ownId: string,
  onSighting: (sighting: Sighting) => void,
): Neighbours {
  // By id and address, the one heard longest ago first: a laptop may be on two interfaces, and a
  // liar may claim its id.
  const entries = new Map<string, Entry>();

  function forgetExpired(): void {
    const now = clock.now();
    for (const [key, entry] of entries) if (entry.until <= now) drop(key, entry);
  }

  function drop(key: string, entry: Entry): void {
    entries.delete(key);
    onSighting({ state: "gone", ...neighbourOf(entry) });
  }

  function hasTime({ until, ttlMs }: Entry): boolean {
    return until - clock.now() > ttlMs / 2;
  }

  function remember(key: string, before: Entry | undefined, next: Entry): void {
    entries.delete(key);
    entries.set(key, next);
    if (before === undefined) makeRoom(next.address);
    const changed =
      before?.release !== next.release || before.name !== next.name || before.port !== next.port;
    if (changed) onSighting({ state: before ? "changed" : "appeared", ...neighbourOf(next) });
  }

  function makeRoom(address: string): void {
    const ofIt = [...entries].filter(([, entry]) => entry.address === address);
    const [tooMany] =
      ofIt.length > MAX_OF_ONE_ADDRESS ? ofIt : entries.size > MAX_NEIGHBOURS ? entries : [];
    if (tooMany !== undefined) drop(...tooMany);
  }

  /** Returns false when the instance would have to be asked for. */
  function hearOne(
    address: string,
    { instance, id, said, foreign, gone, port, ttlSeconds }: Heard,
  ): boolean {
    const key = `${id} ${address}`;
    const before = entries.get(key);
    // Rule 7.5: only who told of it takes it back.
    if (gone || foreign) {
      if (before !== undefined) drop(key, before);
      return true;
    }
    const known = said ?? before;
    if (known === undefined) return false;
    const ttlMs = Math.min(ttlSeconds, MAX_TTL_SECONDS) * 1000;
    // A packet with the port alone renews nothing: SRV records are short-lived, as they depend on
    // an address.
    const lasts =
      ttlSeconds > 0 || before === undefined ? { ttlMs, until: clock.now() + ttlMs } : before;
    remember(key, before, {
      ...{ id, instance, address, name: known.name, release: known.release },
      ...{ ttlMs: lasts.ttlMs, until: lasts.until },
      ...withPort(port ?? before?.port),
    });
    return true;
  }

  return {
    hear(address, heard) {
      forgetExpired();
      const others = heard.filter(({ id }) => id !== ownId);
      return others.filter((one) => !hearOne(address, one)).map(({ instance }) => instance);
    },
    list() {
      forgetExpired();
      return [
        ...new Map([...entries.values()].map((entry) => [entry.id, neighbourOf(entry)])).values(),
      ];
    },
    wellKnown() {
      const now = clock.now();
      const well = [...entries.values()].filter(hasTime);
      return well.map(({ instance, until }) => ({
        instance,
        ttlSeconds: Math.floor((until - now) / 1000),
      }));
    },
    knowsWell(instance) {
      if (readLaptopId(instance) === ownId) return true;
      return [...entries.values()].some((entry) => entry.instance === instance && hasTime(entry));
    },
    clear: () => entries.clear(),
  };
}

function neighbourOf({ id, name, release, address, port }: Entry): Neighbour {
  return { id, name, release, address, ...withPort(port) };
}

function withPort(port: number | undefined): { port?: number } {
  return port === undefined ? {} : { port };
}
