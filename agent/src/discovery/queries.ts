/**
 * Asking for something newer, so that it is heard and does not become many (docs/protocol.md, rules
 * 2.9 and 2.14): a question that nobody answered is asked once more; whoever was answered asks
 * again from where that led; who hears somebody with more asks too, unless another in the same
 * place did.
 */
import type { Clock } from "../timing/clock.ts";

interface QueriesOptions {
  readonly clock: Clock;
  /** The version something newer than is wanted. */
  version(): number;
  /** Sends the question. */
  send(): void;
}

export interface Queries {
  ask(): void;
  /** Somebody asked for what is newer than `version`, so that is what they have. */
  hear(version: number): void;
  /** Something newer was heard of. */
  answered(): void;
  /** The version is another than before. */
  moved(): void;
  stop(): void;
}

/**
 * How long an answer is waited for: it comes within a random second, three times, unless others are
 * answered first.
 */
const ANSWER_MS = 2_500;
/**
 * Questions in all, while nobody answers: when a third of all packets is lost, one in hundreds is
 * in vain.
 */
const QUESTIONS = 2;
/** Within this, a room in which everybody is behind agrees on who asks. */
const REACT_MS = 2_000;
/** At most one reaction in this time: a question is unsigned, and may claim any version. */
const REACT_PAUSE_MS = 30_000;

export function createQueries({ clock, version, send }: QueriesOptions): Queries {
  let isWaiting = false;
  let wasAnswered = false;
  let cancelWait = () => {};
  let cancelReaction = () => {};
  let mayReactAt = Number.NEGATIVE_INFINITY;

  function ask(questions = QUESTIONS): void {
    cancelReaction();
    cancelWait();
    isWaiting = questions > 0;
    if (!isWaiting) return;
    cancelWait = clock.startTimer(ANSWER_MS, () => ask(questions - 1));
    send();
  }

  function stop(): void {
    cancelReaction();
    cancelWait();
    isWaiting = false;
  }

  return {
    ask: () => ask(),
    hear(theirs) {
      if (theirs === version()) cancelReaction();
      if (theirs <= version() || clock.now() < mayReactAt) return;
      mayReactAt = clock.now() + REACT_PAUSE_MS;
      cancelReaction = clock.startTimer(clock.random() * REACT_MS, () => ask());
    },
    answered() {
      wasAnswered ||= isWaiting;
      stop();
    },
    moved() {
      if (wasAnswered) ask();
      wasAnswered = false;
    },
    stop,
  };
}
