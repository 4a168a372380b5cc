/**
 * Whose request for a piece is answered next. A few answers are under way at a time, one on a
 * connection, so that each comes soon and can be passed on, where thirty at once would all come
 * late (docs/protocol.md, rule 10.5).
 */
import type { Clock } from "../base/clock.ts";
import type { Wire } from "./wire.ts";

/** Answers under way: enough to fill a link on which each waits for lost packets. */
const ANSWERS_AT_ONCE = 4;
/**
 * An answer that takes longer than this keeps nobody else waiting: its reader may be asleep. It
 * still holds its connection's turn.
 */
const SLOW_ANSWER_MS = 2_000;
/** Whoever waits for so long goes before rarer pieces: nobody waits for ever. */
const PATIENCE_MS = 5_000;
/**
 * Pieces whose number of answers is remembered: those of the blobs a class fetches at one time.
 * Beyond it the oldest is forgotten.
 */
const PIECES_COUNTED = 4_096;

export interface PieceTurns {
  /**
   * Resolves to what ends the turn once it has come, to undefined when the request was cancelled or
   * its connection ended.
   */
  wait(wire: Wire, id: number, piece: string): Promise<(() => void) | undefined>;
  cancel(wire: Wire, id: number): void;
  /** The connection is gone. */
  forget(wire: Wire): void;
}

interface Waiting {
  readonly id: number;
  readonly since: number;
  readonly piece: string;
  begin(endTurn: (() => void) | undefined): void;
}
/** What one connection waits for. */
interface Line {
  readonly waiting: Waiting[];
  answering: boolean;
  /** The number of its last turn, of all turns; 0 before the first. */
  lastTurn: number;
}

export function createPieceTurns(clock: Pick<Clock, "now" | "startTimer">): PieceTurns {
  const lines = new Map<Wire, Line>();
  const answered = new Map<string, number>();
  let underWay = 0;
  let turns = 0;

  function fill(): void {
    while (underWay < ANSWERS_AT_ONCE) {
      const next = nextTurn();
      if (next === undefined) return;
      const { line, request } = next;
      line.waiting.splice(line.waiting.indexOf(request), 1);
      line.lastTurn = ++turns;
      count(request.piece);
      request.begin(beginTurn(line));
    }
  }

  /**
   * What was given away least, so that everything is among the others as soon as can be; among
   * equals to the connection whose last turn is longest ago.
   */
  function nextTurn() {
    let next: { line: Line; request: Waiting; times: number } | undefined;
    for (const line of lines.values()) {
      if (line.answering) continue;
      for (const request of line.waiting) {
        const isLate = clock.now() - request.since > PATIENCE_MS;
        const times = isLate ? -1 : timesAnswered(request.piece);
        if (next === undefined || (times - next.times || line.lastTurn - next.line.lastTurn) < 0) {
          next = { line, request, times };
        }
      }
    }
    return next;
  }

  const timesAnswered = (piece: string) => answered.get(piece) ?? 0;

  function count(piece: string): void {
    const times = timesAnswered(piece) + 1;
    answered.delete(piece);
    answered.set(piece, times);
    const oldest = answered.keys().next().value;
    if (answered.size > PIECES_COUNTED && oldest !== undefined) answered.delete(oldest);
  }

  function beginTurn(line: Line): () => void {
    underWay++;
    line.answering = true;
    let holdsPlace = true;
    const giveUpPlace = () => {
      if (holdsPlace) underWay--;
      holdsPlace = false;
    };
    const cancelTimer = clock.startTimer(SLOW_ANSWER_MS, () => {
      giveUpPlace();
      fill();
    });
    return () => {
      cancelTimer();
      giveUpPlace();
      line.answering = false;
      fill();
    };
  }

  function lineOf(wire: Wire): Line {
    const line = lines.get(wire) ?? { waiting: [], answering: false, lastTurn: 0 };
    lines.set(wire, line);
    return line;
  }

  return {
    wait(wire, id, piece) {
      return new Promise((begin) => {
        lineOf(wire).waiting.push({ id, piece, begin, since: clock.now() });
        fill();
      });
    },
    cancel(wire, id) {
      const waiting = lines.get(wire)?.waiting ?? [];
      const at = waiting.findIndex((one) => one.id === id);
      if (at >= 0) waiting.splice(at, 1)[0]?.begin(undefined);
    },
    forget(wire) {
      for (const { begin } of lines.get(wire)?.waiting ?? []) begin(undefined);
      lines.delete(wire);
    },
  };
}
