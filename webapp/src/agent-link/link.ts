/**
 * The page's link to its own agent: one WebSocket that reconnects by itself, the classroom as the
 * agent last described it, and requests. While a release is handed over, the agent asks back for
 * its bytes (docs/protocol.md), and is answered from here.
 */
import { InfieldError, type Progress } from "@infield/shared/base";
import {
  type AgentMessage,
  AgentMessageSchema,
  type Classroom,
  type PageMessage,
  parseMessage,
  type Wire,
} from "@infield/shared/transfer";
import { AgentQuestions, type RequestHandler } from "./agent-questions.ts";
import { createRequests, toError, toProgress } from "./requests.ts";

/** Milliseconds before the first attempt to reconnect: an agent starts in a second. */
const FIRST_WAIT_MS = 1_000;
/** Milliseconds before a later attempt, at most. */
const LONGEST_WAIT_MS = 15_000;

export type LinkState =
  /**
   * `no-token`: this page was not opened from an agent's address. `refused`: the agent does not
   * accept its token.
   */
  | { readonly status: "no-token" | "refused" | "connecting" }
  | { readonly status: "open"; readonly classroom: Classroom }
  /** The last classroom can still be looked at. */
  | { readonly status: "lost"; readonly classroom?: Classroom };

/** What the page may ask for, before it is numbered. */
export type PageRequest = Unnumbered<Exclude<PageMessage, { type: "hello" | "file" | "failed" }>>;
type Unnumbered<T> = T extends { id: number } ? Omit<T, "id"> : never;

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Answers what the agent asks back until the request has ended. */
  readonly serve?: RequestHandler;
}
export interface AgentLink {
  state(): LinkState;
  /** Calls `listener` at every change; call the result to stop that. */
  subscribe(listener: () => void): () => void;
  /**
   * Resolves when the agent is done. Throws what it answers, `peer-failed` without a link,
   * AbortError.
   */
  ask(request: PageRequest, options?: AskOptions): Promise<void>;
  /** Tries again now instead of after the wait. */
  retry(): void;
}

/** The part of a WebSocket that is used, so that the link runs in a test without one. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** Connects at once, and for as long as the page lives. Without a token it never does. */
export function createLink(token: string | undefined, openSocket: () => Socket): AgentLink {
  const link = new SocketLink(token, openSocket);
  if (token !== undefined) link.connect();
  return link;
}

class SocketLink implements AgentLink {
  readonly #token: string | undefined;
  readonly #openSocket: () => Socket;
  readonly #listeners = new Set<() => void>();
  readonly #requests = createRequests();
  readonly #questions = new AgentQuestions();
  #state: LinkState;
  #socket: Socket | undefined;
  /** Attempts since the agent last answered. */
  #failures = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(token: string | undefined, openSocket: () => Socket) {
    this.#token = token;
    this.#openSocket = openSocket;
    this.#state = { status: token === undefined ? "no-token" : "connecting" };
  }

  state(): LinkState {
    return this.#state;
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  async ask(request: PageRequest, { signal, onProgress, serve }: AskOptions = {}): Promise<void> {
    // Somebody who waited for the same end may have gone first.
    while (serve && this.#questions.busy) await this.#questions.busy;
    signal?.throwIfAborted();
    if (this.#socket === undefined || this.#state.status !== "open") throw lostLink();
    const { id, ended } = this.#requests.begin(signal, onProgress);
    const answered = serve ? this.#questions.answerDuring(ended, serve) : ended;
    send(this.#socket, { ...request, id });
    return answered;
  }

  retry(): void {
    if (this.#timer !== undefined) this.connect();
  }

  connect(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const socket = this.#openSocket();
    this.#socket = socket;
    socket.onopen = () => send(socket, { type: "hello", protocol: 1, token: this.#token ?? "" });
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.#receive(socket, data);
    };
    socket.onclose = () => this.#lose();
  }

  #receive(from: Socket, frame: string): void {
    try {
      this.#handle(from, parseMessage(AgentMessageSchema, frame));
    } catch {
      // Another version of the agent, or no agent at all: nothing it sends can be used.
      from.close();
    }
  }

  #handle(from: Socket, message: AgentMessage): void {
    switch (message.type) {
      case "classroom":
        this.#failures = 0;
        this.#change({ status: "open", classroom: message });
        break;
      case "done":
        this.#requests.done(message.id);
        break;
      case "progress":
        this.#requests.progress(message.id, toProgress(message.progress));
        break;
      case "failed":
        if (message.code === "not-allowed" && this.#state.status !== "open") this.#refuse(from);
        else this.#requests.failed(message.id, toError(message));
        break;
      default:
        this.#questions.answer(message, toWire(from));
    }
  }

  #refuse(by: Socket): void {
    this.#change({ status: "refused" });
    by.close();
  }

  #lose(): void {
    this.#socket = undefined;
    this.#requests.failAll(lostLink());
    if (this.#state.status === "refused") return;
    const classroom = "classroom" in this.#state ? this.#state.classroom : undefined;
    this.#change({ status: "lost", ...(classroom && { classroom }) });
    const wait = Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** this.#failures++);
    this.#timer = setTimeout(() => this.connect(), wait);
  }

  #change(next: LinkState): void {
    this.#state = next;
    for (const listener of this.#listeners) listener();
  }
}

function send(socket: Socket, message: PageMessage): void {
  socket.send(JSON.stringify(message));
}

/** The agent asks for a few pieces at a time, so nothing piles up: there is nothing to wait for. */
function toWire(socket: Socket): Wire {
  return {
    send: async (frame) => socket.send(typeof frame === "string" ? frame : new Uint8Array(frame)),
    close: () => socket.close(),
  };
}

function lostLink(): InfieldError {
  return new InfieldError(
    "peer-failed",
    "this laptop's agent is not connected",
    "wait until it is back, then try again; it continues where it stopped",
  );
}
