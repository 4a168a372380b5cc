/**
 * Looks for the laptops of the room: asks for instances of `_infield._tcp` ever more seldom, and
 * hears what is told unasked (RFC 6762, 5.2; docs/protocol.md, rules 7.8 and 7.9).
 */
import type { Answer, Packet } from "dns-packet";
import type { QueryOutgoingPacket } from "multicast-dns";
import type { Clock } from "../timing/clock.ts";
import type { KnownInstance, Neighbours } from "./neighbours.ts";
import { readRecords } from "./records.ts";
import { SERVICE_DOMAIN } from "./service.ts";

interface BrowserOptions {
  readonly clock: Clock;
  readonly channelId: string;
  readonly neighbours: Neighbours;
  query(packet: QueryOutgoingPacket): void;
}

interface Browser {
  onQuery(query: Pick<Packet, "questions" | "answers">): void;
  onResponse(response: Pick<Packet, "answers" | "additionals">, address: string): void;
  stop(): void;
}

/** Before the first question, so that those who start together do not all ask (RFC 6762, 5.2). */
const FIRST_MS = { least: 20, most: 120 };
/** Between questions: doubled from the first to the last. */
const [SHORTEST_MS, LONGEST_MS] = [1000, 60 * 60 * 1000];
/**
 * Share of an interval that is added by chance: the first of a room that asks spares the others. 70
 * min are less than a record's life.
 */
const SPREAD = 1 / 6;
/**
 * A question that is heard so soon after ours is ours, given back by the network; where it is not,
 * we only ask a little more often.
 */
const ECHO_MS = 500;
/** Instances known by name only that are asked for in one packet; the others are told of again. */
const MAX_ASKED_FOR = 16;
/** Known answers in a question: as many as fit a packet of 1,500 bytes with names of 63. */
const MAX_KNOWN_ANSWERS = 16;

export function startBrowser({ clock, channelId, neighbours, query }: BrowserOptions): Browser {
  let intervalMs = SHORTEST_MS;
  let askedAt = Number.NEGATIVE_INFINITY;
  let cancelQuestion = clock.startTimer(between(FIRST_MS.least, FIRST_MS.most), ask);
  const nameless = new Set<string>();
  let cancelDetails: (() => void) | undefined;

  function between(least: number, most: number): number {
    return least + clock.random() * (most - least);
  }

  function ask(): void {
    const known = neighbours.wellKnown().slice(-MAX_KNOWN_ANSWERS).map(knownAnswer);
    askedAt = clock.now();
    query({ questions: [{ type: "PTR", name: SERVICE_DOMAIN }], answers: known });
    askLater();
  }

  function askLater(): void {
    cancelQuestion();
    cancelQuestion = clock.startTimer(between(intervalMs, intervalMs * (1 + SPREAD)), ask);
    intervalMs = Math.min(intervalMs * 2, LONGEST_MS);
  }

  function askForDetails(instance: string): void {
    if (nameless.size < MAX_ASKED_FOR) nameless.add(instance);
    cancelDetails ??= clock.startTimer(SHORTEST_MS, () => {
      cancelDetails = undefined;
      const types = ["SRV", "TXT"] as const;
      query({ questions: [...nameless].flatMap((name) => types.map((type) => ({ type, name }))) });
      nameless.clear();
    });
  }

  function sparesKnown(answer: Answer): boolean {
    return (
      answer.type === "PTR" && answer.name === SERVICE_DOMAIN && neighbours.knowsWell(answer.data)
    );
  }

  return {
    // Rule 7.9, RFC 6762, 7.3: somebody else's question is as good as ours, when it spares nobody
    // whom ours would not spare.
    onQuery({ questions = [], answers = [] }) {
      const isSame = questions.some(({ type, name }) => type === "PTR" && name === SERVICE_DOMAIN);
      const isEcho = clock.now() - askedAt < ECHO_MS;
      if (isSame && !isEcho && answers.every(sparesKnown)) askLater();
    },
    onResponse(response, address) {
      const heard = readRecords(response, channelId);
      for (const { instance } of heard) nameless.delete(instance);
      for (const instance of neighbours.hear(address, heard)) askForDetails(instance);
    },
    stop() {
      cancelQuestion();
      cancelDetails?.();
    },
  };
}

function knownAnswer({ instance, ttlSeconds }: KnownInstance) {
  return { type: "PTR", name: SERVICE_DOMAIN, data: instance, ttl: ttlSeconds } as const;
}
