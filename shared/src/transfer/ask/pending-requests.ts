/**
 * Requests that wait for their answers, each under its number. Every one of them ends: with its
 * answer, by an abort, after PEER_ANSWER_MS, or with the connection.
 */
import type { StartTimer } from "../../base/clock.ts";
import type { InfieldError } from "../../base/errors.ts";
import { PEER_ANSWER_MS } from "../../base/limits.ts";
import type { Answer } from "../messages/requests.ts";
import { peerFailed } from "./peer-failed.ts";

interface Pending {
  settle(answer: Answer | Uint8Array): void;
  fail(error: InfieldError): void;
}

export class PendingRequests {
  readonly #startTimer: StartTimer;
  readonly #pending = new Map<number, Pending>();

  constructor(startTimer: StartTimer) {
    this.#startTimer = startTimer;
  }

  /** Waits for the answer to request `id`. Throws `peer-failed`, and why `signal` was aborted. */
  wait(id: number, signal?: AbortSignal): Promise<Answer | Uint8Array> {
    return new Promise((resolve, reject) => {
      const finish = () => {
        this.#pending.delete(id);
        stopTimer();
        signal?.removeEventListener("abort", abort);
      };
      const settle = (answer: Answer | Uint8Array) => {
        finish();
        resolve(answer);
      };
      const fail = (error: unknown) => {
        finish();
        reject(error);
      };
      const abort = () => fail(signal?.reason);
      const tooLate = () => fail(peerFailed("did not answer in time"));
      const stopTimer = this.#startTimer(PEER_ANSWER_MS, tooLate);
      signal?.addEventListener("abort", abort);
      this.#pending.set(id, { settle, fail });
    });
  }

  has(id: number): boolean {
    return this.#pending.has(id);
  }

  /** An answer came; one that nobody waits for is ignored. */
  settle(id: number, answer: Answer | Uint8Array): void {
    this.#pending.get(id)?.settle(answer);
  }

  fail(id: number, error: InfieldError): void {
    this.#pending.get(id)?.fail(error);
  }

  failAll(error: InfieldError): void {
    for (const request of [...this.#pending.values()]) request.fail(error);
  }
}
