/**
 * Whose request for a piece is answered next. There are a few upload slots, at most one for a
 * connection, so that each answer comes soon and can be passed on; thirty at once would all come
 * late (docs/protocol.md, rule 10.5).
 */
import type { Clock } from "../../base/clock.ts";
import type { Wire } from "../messages/wire.ts";

/** Enough to fill a link on which each answer waits for lost packets. */
const SLOTS = 4;
/**
 * An answer that takes longer than this gives its slot up, as its reader may be asleep. Its
 * connection gets no other one meanwhile.
 */
const SLOW_ANSWER_MS = 2_000;
/** Whoever has waited this long goes before rarer pieces: nobody waits for ever. */
const PATIENCE_MS = 5_000;
/**
 * Pieces whose number of answers is remembered: those of the blobs a class fetches at one time.
 * Beyond it the oldest is forgotten.
 */
const PIECES_COUNTED = 4_096;

interface Waiting {
  readonly id: number;
  readonly since: number;
  readonly piece: string;
  begin(freeSlot: (() => void) | undefined): void;
}
/** What one connection waits for. */
interface Queue {
  readonly waiting: Waiting[];
  isAnswering: boolean;
  /** The number of its last turn, of all turns; 0 before the first. */
  lastTurn: number;
}

export class UploadSlots {
  readonly #clock: Pick<Clock, "now" | "startTimer">;
  readonly #queues = new Map<Wire, Queue>();
  /** How often a piece was answered. */
  readonly #answers = new Map<string, number>();
  #taken = 0;
  #turns = 0;

  constructor(clock: Pick<Clock, "now" | "startTimer">) {
    this.#clock = clock;
  }

  /**
   * Waits for a slot. Resolves to what frees it, or to undefined when the request was cancelled or
   * its connection ended.
   */
  wait(wire: Wire, id: number, piece: string): Promise<(() => void) | undefined> {
    return new Promise((begin) => {
      this.#queueOf(wire).waiting.push({ id, piece, begin, since: this.#clock.now() });
      this.#fill();
    });
  }

  cancel(wire: Wire, id: number): void {
    const waiting = this.#queues.get(wire)?.waiting ?? [];
    const at = waiting.findIndex((one) => one.id === id);
    if (at >= 0) waiting.splice(at, 1)[0]?.begin(undefined);
  }

  /** The connection is gone. */
  forget(wire: Wire): void {
    for (const { begin } of this.#queues.get(wire)?.waiting ?? []) begin(undefined);
    this.#queues.delete(wire);
  }

  #queueOf(wire: Wire): Queue {
    const queue = this.#queues.get(wire) ?? { waiting: [], isAnswering: false, lastTurn: 0 };
    this.#queues.set(wire, queue);
    return queue;
  }

  #fill(): void {
    while (this.#taken < SLOTS) {
      const next = this.#next();
      if (next === undefined) return;
      const { queue, request } = next;
      queue.waiting.splice(queue.waiting.indexOf(request), 1);
      queue.lastTurn = ++this.#turns;
      this.#countAnswer(request.piece);
      request.begin(this.#takeSlot(queue));
    }
  }

  /**
   * The piece that was given away least, so that all of them are among the others as soon as can
   * be; among equals, the connection whose last turn is longest ago.
   */
  #next(): { queue: Queue; request: Waiting } | undefined {
    let next: { queue: Queue; request: Waiting; times: number } | undefined;
    for (const queue of this.#queues.values()) {
      if (queue.isAnswering) continue;
      for (const request of queue.waiting) {
        const isLate = this.#clock.now() - request.since > PATIENCE_MS;
        const times = isLate ? -1 : (this.#answers.get(request.piece) ?? 0);
        if (next && (times - next.times || queue.lastTurn - next.queue.lastTurn) >= 0) continue;
        next = { queue, request, times };
      }
    }
    return next;
  }

  /** Returns what frees the slot. */
  #takeSlot(queue: Queue): () => void {
    this.#taken++;
    queue.isAnswering = true;
    let isHeld = true;
    const free = () => {
      if (isHeld) this.#taken--;
      isHeld = false;
      this.#fill();
    };
    const cancelTimer = this.#clock.startTimer(SLOW_ANSWER_MS, free);
    return () => {
      cancelTimer();
      queue.isAnswering = false;
      free();
    };
  }

  #countAnswer(piece: string): void {
    const times = (this.#answers.get(piece) ?? 0) + 1;
    this.#answers.delete(piece);
    this.#answers.set(piece, times);
    const oldest = this.#answers.keys().next().value;
    if (this.#answers.size > PIECES_COUNTED && oldest !== undefined) this.#answers.delete(oldest);
  }
}
