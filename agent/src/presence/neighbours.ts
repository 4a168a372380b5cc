/**
 * The laptops of this channel that were seen by browsing. Everything in it is a claim; it is
 * bounded, and what is not renewed within its time to live is forgotten (docs/protocol.md, rules
 * 7.4 to 7.7).
 */
import { debug } from "../host/debug.ts";
import type { Neighbour, Sighting } from "../laptop/events.ts";
import type { Clock } from "../timing/clock.ts";
import type { Heard } from "./records.ts";
import { readLaptopId } from "./service.ts";

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

const log = debug("presence");

export class Neighbours {
  readonly #clock: Clock;
  readonly #ownId: string;
  readonly #onSighting: (sighting: Sighting) => void;
  /**
   * By id and address, the one heard longest ago first: a laptop may be on two interfaces, and a
   * liar may claim its id.
   */
  readonly #entries = new Map<string, Entry>();

  constructor(clock: Clock, ownId: string, onSighting: (sighting: Sighting) => void) {
    this.#clock = clock;
    this.#ownId = ownId;
    this.#onSighting = onSighting;
  }

  /**
   * What a packet from `address` said. Returns the instances of which nothing but the name is
   * known.
   */
  hear(address: string, heard: readonly Heard[]): string[] {
    this.#forgetExpired();
    const others = heard.filter(({ id }) => id !== this.#ownId);
    return others.filter((one) => !this.#hearOne(address, one)).map(({ instance }) => instance);
  }

  /** Each laptop once, with where it was heard last. */
  list(): Neighbour[] {
    this.#forgetExpired();
    const byId = new Map([...this.#entries.values()].map((entry) => [entry.id, entry]));
    return [...byId.values()].map(neighbourOf);
  }

  /**
   * The instances that need not be told again: more than half of their time is left (RFC 6762,
   * 7.1).
   */
  wellKnown(): KnownInstance[] {
    const now = this.#clock.now();
    const well = [...this.#entries.values()].filter((entry) => hasTime(entry, now));
    return well.map(({ instance, until }) => ({
      instance,
      ttlSeconds: Math.floor((until - now) / 1000),
    }));
  }

  /**
   * True where nothing is lost when that instance does not answer: it is one of `wellKnown`, or our
   * own.
   */
  knowsWell(instance: string): boolean {
    if (readLaptopId(instance) === this.#ownId) return true;
    const now = this.#clock.now();
    return [...this.#entries.values()].some(
      (entry) => entry.instance === instance && hasTime(entry, now),
    );
  }

  /** Forgets all, without a word: it is we who left. */
  clear(): void {
    this.#entries.clear();
  }

  /** Returns false when the instance would have to be asked for. */
  #hearOne(address: string, one: Heard): boolean {
    const key = `${one.id} ${address}`;
    const before = this.#entries.get(key);
    // Rule 7.5: only who told of it takes it back.
    if (one.gone || one.foreign) {
      if (before !== undefined) this.#drop(key, before);
      return true;
    }
    const entry = entryOf(address, one, before, this.#clock.now());
    if (entry === undefined) return false;
    this.#remember(key, before, entry);
    return true;
  }

  #remember(key: string, before: Entry | undefined, next: Entry): void {
    this.#entries.delete(key);
    this.#entries.set(key, next);
    if (before === undefined) this.#dropExcess(next.address);
    if (before === undefined) this.#tell("appeared", next);
    else if (isChanged(before, next)) this.#tell("changed", next);
  }

  #dropExcess(address: string): void {
    const ofIt = [...this.#entries].filter(([, entry]) => entry.address === address);
    const isFull = this.#entries.size > MAX_NEIGHBOURS;
    const [tooMany] = ofIt.length > MAX_OF_ONE_ADDRESS ? ofIt : isFull ? this.#entries : [];
    if (tooMany !== undefined) this.#drop(...tooMany);
  }

  #forgetExpired(): void {
    const now = this.#clock.now();
    for (const [key, entry] of this.#entries) if (entry.until <= now) this.#drop(key, entry);
  }

  #drop(key: string, entry: Entry): void {
    this.#entries.delete(key);
    this.#tell("gone", entry);
  }

  #tell(state: Sighting["state"], entry: Entry): void {
    log("version %d at %s (%s) %s", entry.release, entry.address, entry.name, state);
    this.#onSighting({ state, ...neighbourOf(entry) });
  }
}

/** What is known now; undefined while nothing but the name is. */
function entryOf(
  address: string,
  { id, instance, said, port, ttlSeconds }: Heard,
  before: Entry | undefined,
  now: number,
): Entry | undefined {
  const known = said ?? before;
  if (known === undefined) return undefined;
  const ttlMs = Math.min(ttlSeconds, MAX_TTL_SECONDS) * 1000;
  // A packet with the port alone renews nothing: SRV records are short-lived, as they depend on an
  // address.
  const lasts = ttlSeconds > 0 || before === undefined ? { ttlMs, until: now + ttlMs } : before;
  return {
    ...{ id, instance, address, name: known.name, release: known.release },
    ...{ ttlMs: lasts.ttlMs, until: lasts.until },
    ...withPort(port ?? before?.port),
  };
}

function isChanged(before: Entry, next: Entry): boolean {
  return before.release !== next.release || before.name !== next.name || before.port !== next.port;
}

function hasTime({ until, ttlMs }: Entry, now: number): boolean {
  return until - now > ttlMs / 2;
}

function neighbourOf({ id, name, release, address, port }: Entry): Neighbour {
  return { id, name, release, address, ...withPort(port) };
}

function withPort(port: number | undefined): { port?: number } {
  return port === undefined ? {} : { port };
}
