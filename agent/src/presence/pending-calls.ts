/** Calls on the system bus that wait for their answers. */
import type { Clock } from "../timing/clock.ts";
import { MESSAGE, type Message, type Value } from "./dbus-message.ts";

/** `code` is the name of the error on the bus, as `org.freedesktop.Avahi.CollisionError`. */
export class BusError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

interface Pending {
  resolve(values: Value[]): void;
  reject(error: BusError): void;
}

export class PendingCalls {
  readonly #clock: Clock;
  readonly #answerMs: number;
  readonly #pending = new Map<number, Pending>();
  #serial = 0;
  #isClosed = false;

  /** Whoever has not answered after `answerMs` does not work. */
  constructor(clock: Clock, answerMs: number) {
    this.#clock = clock;
    this.#answerMs = answerMs;
  }

  /**
   * The serial number to send the call with, and its answer, which rejects with `BusError`, also
   * when none comes.
   */
  start(destination: string): { serial: number; answer: Promise<Value[]> } {
    const serial = ++this.#serial;
    const answer = new Promise<Value[]>((resolve, reject) => {
      if (this.#isClosed) return reject(connectionClosed());
      const cancel = this.#clock.startTimer(this.#answerMs, () =>
        this.#pending.get(serial)?.reject(noAnswer(destination)),
      );
      const end = () => {
        cancel();
        this.#pending.delete(serial);
      };
      this.#pending.set(serial, {
        resolve(values) {
          end();
          resolve(values);
        },
        reject(error) {
          end();
          reject(error);
        },
      });
    });
    return { serial, answer };
  }

  /** An answer has come; one to nothing is left alone. */
  settle(message: Message): void {
    const call = this.#pending.get(Number(message.fields.replySerial));
    if (call === undefined) return;
    if (message.type === MESSAGE.reply) call.resolve(message.body());
    else call.reject(new BusError(String(message.fields.error), String(message.body()[0] ?? "")));
  }

  /** The connection is gone, and no answer comes any more. */
  close(): void {
    this.#isClosed = true;
    for (const call of [...this.#pending.values()]) call.reject(connectionClosed());
  }
}

function noAnswer(destination: string): BusError {
  return new BusError("no-answer", `${destination} does not answer`);
}

function connectionClosed(): BusError {
  return new BusError("closed", "the system bus closed the connection");
}
