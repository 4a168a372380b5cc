/**
 * A conversation with a page (or a command) of this machine: its token first, then requests, each
 * answered by `done` or `failed`; the classroom is told at every change. While a release is handed
 * over, the page is the one who is asked.
 */
import { InfieldError, type Progress } from "@infield/shared/base";
import {
  type AgentMessage,
  Asker,
  failedAnswer,
  type PageMessage,
  PageMessageSchema,
  parseMessage,
  type Wire,
} from "@infield/shared/transfer";
import type { WebSocket } from "ws";
import { debug } from "../host/debug.ts";
import { CLOSE, closeFor, createWire, HELLO_MS, onFrame } from "../peers/wire.ts";
import type { Clock } from "../timing/clock.ts";
import { createThrottle } from "../timing/throttle.ts";
import { type PageActions, type PageLink, type PageRequest, perform } from "./page-actions.ts";
import { isToken } from "./page-guard.ts";

/**
 * Between two states of the classroom, and between two of a progress: five a second look alive.
 */
const SHOW_MS = 200;

const log = debug("page");

interface PageLinkOptions {
  readonly token: string;
  readonly clock: Clock;
  readonly actions: PageActions;
  /** The page has shown its token. */
  onOpen(link: PageLink): void;
  /** It is gone. Only called after `onOpen`. */
  onClose(link: PageLink): void;
}

/** Talks to a WebSocket whose Host and Origin were checked, until it closes. */
export function openPageLink(socket: WebSocket, options: PageLinkOptions): void {
  const link = new SocketLink(socket, options);
  onFrame(socket, (frame) => {
    try {
      link.hear(frame);
    } catch (error) {
      closeFor(socket, CLOSE.badMessage, error);
    }
  });
  socket.once("close", () => link.end());
}

class SocketLink implements PageLink {
  readonly #socket: WebSocket;
  readonly #options: PageLinkOptions;
  readonly #wire: Wire;
  readonly #asker: Asker;
  readonly #gone = new AbortController();
  readonly #classroom: ReturnType<typeof createThrottle>;
  readonly #cancelWait: () => void;
  #isOpen = false;

  constructor(socket: WebSocket, options: PageLinkOptions) {
    const { actions, clock } = options;
    this.#socket = socket;
    this.#options = options;
    this.#wire = createWire(socket);
    this.#asker = new Asker(this.#wire, clock.startTimer);
    this.#classroom = createThrottle(clock, SHOW_MS, () => this.#send(actions.classroom()));
    this.#cancelWait = clock.startTimer(HELLO_MS, () =>
      closeFor(socket, CLOSE.tooLate, wrongToken()),
    );
  }

  changed(): void {
    this.#classroom.poke();
  }

  /** Takes a frame. Throws for one that is no message of a page. */
  hear(frame: string | Uint8Array): void {
    if (typeof frame !== "string") {
      if (this.#isOpen) this.#asker.onBytes(frame);
      return;
    }
    const message = parseMessage(PageMessageSchema, frame);
    if (!this.#isOpen) this.#greet(message);
    else if (message.type === "file" || message.type === "failed") this.#asker.onAnswer(message);
    else if (message.type !== "hello") void this.#carryOut(message);
  }

  /** The page is gone: what was done for it is broken off. */
  end(): void {
    this.#cancelWait();
    this.#classroom.stop();
    this.#gone.abort();
    this.#asker.onClose();
    if (!this.#isOpen) return;
    log("a page is gone");
    this.#options.onClose(this);
  }

  /**
   * The first message must hold the token; the refusal is said twice, as a browser's page sees a
   * message more easily.
   */
  #greet(message: PageMessage): void {
    this.#cancelWait();
    if (message.type !== "hello" || !isToken(message.token, this.#options.token)) {
      log("a page is refused: %s", message.type === "hello" ? "wrong token" : "no token");
      const error = wrongToken();
      this.#sendFailure(0, error);
      closeFor(this.#socket, CLOSE.wrongToken, error);
      return;
    }
    log("a page is open");
    this.#isOpen = true;
    this.#options.onOpen(this);
    this.#classroom.poke();
  }

  async #carryOut(request: PageRequest): Promise<void> {
    const { actions } = this.#options;
    log("request %d: %s", request.id, request.type);
    const progress = this.#createProgress(request.id);
    try {
      await perform(request, actions, {
        ...{ page: this, asker: this.#asker, signal: this.#gone.signal },
        onProgress: progress.show,
      }).finally(progress.stop);
      log("request %d: done", request.id);
      this.#send({ type: "done", id: request.id });
    } catch (error) {
      log("request %d: %s", request.id, error);
      this.#sendFailure(request.id, error);
    }
  }

  /** Tells the page now and then how far its request has come. */
  #createProgress(id: number) {
    let latest: Progress = { done: 0, total: 0 };
    const throttle = createThrottle(this.#options.clock, SHOW_MS, () =>
      this.#send({ type: "progress", id, progress: latest }),
    );
    return {
      show: (progress: Progress) => {
        latest = progress;
        throttle.poke();
      },
      stop: throttle.stop,
    };
  }

  #send(message: AgentMessage): void {
    this.#wire.send(JSON.stringify(message)).catch(() => this.#socket.terminate());
  }

  #sendFailure(id: number, error: unknown): void {
    this.#wire.send(failedAnswer(id, error)).catch(() => this.#socket.terminate());
  }
}

function wrongToken(): InfieldError {
  return new InfieldError(
    "not-allowed",
    "the page's token is missing or not the one of this agent",
    "open the address that the agent printed when it started",
  );
}
