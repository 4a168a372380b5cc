/**
 * The page's link to its own agent: one WebSocket that comes back by itself, the classroom as the
 * agent last told it, and requests. While a release is handed over the agent asks back for its
 * bytes (docs/protocol.md), and is answered from here.
 */
import { InfieldError, type Progress } from "@infield/shared/base";
import {
  type AgentMessage,
  AgentMessageSchema,
  type Classroom,
  failedAnswer,
  type PageMessage,
  parseMessage,
  type Request,
  type Wire,
} from "@infield/shared/transfer";
import { createRequests, toError, toProgress } from "./requests.ts";

/**
 * Milliseconds before the first and at most before a later attempt to reconnect: an agent starts in
 * a second.
 */
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 15_000;

export type LinkState =
  /**
   * `no-token`: this page was not opened by an agent's address. `refused`: the agent does not take
   * its token.
   */
  | { readonly status: "no-token" | "refused" | "connecting" }
  | { readonly status: "open"; readonly classroom: Classroom }
  /** The last classroom stays to be looked at. */
  | { readonly status: "lost"; readonly classroom?: Classroom };

/** What the page may ask for, before it has its number. */
export type Order = Unnumbered<Exclude<PageMessage, { type: "hello" | "file" | "failed" }>>;
type Unnumbered<T> = T extends { id: number } ? Omit<T, "id"> : never;
export type Serve = (request: Request, wire: Wire) => Promise<void>;

export interface AskOptions {
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
  /** Answers what the agent asks back until the request has ended. */
  readonly serve?: Serve;
}
export interface AgentLink {
  state(): LinkState;
  /** Calls `listener` at every change; returns what ends that. */
  subscribe(listener: () => void): () => void;
  /**
   * Resolves when the agent is done. Throws what it answers, `peer-failed` without a link,
   * AbortError.
   */
  ask(order: Order, options?: AskOptions): Promise<void>;
  /** Tries again now instead of after the wait. */
  retry(): void;
}

/** The part of a WebSocket that is used, so that the link runs in a test without one. */
export type Socket = Pick<WebSocket, "send" | "close" | "onopen" | "onmessage" | "onclose">;

/** Connects at once, and for as long as the page lives. Without a token it never does. */
export function createLink(token: string | undefined, openSocket: () => Socket): AgentLink {
  const listeners = new Set<() => void>();
  const requests = createRequests();
  let state: LinkState = { status: token === undefined ? "no-token" : "connecting" };
  let socket: Socket | undefined;
  let serve: Serve | undefined;
  /** The end of the request that is served now. */
  let serving: Promise<unknown> | undefined;
  let failures = 0;
  let timer: ReturnType<typeof setTimeout> | undefined;

  function change(next: LinkState): void {
    state = next;
    for (const listener of listeners) listener();
  }

  function connect(): void {
    clearTimeout(timer);
    timer = undefined;
    const opening = openSocket();
    socket = opening;
    opening.onopen = () => send(opening, { type: "hello", protocol: 1, token: token ?? "" });
    opening.onmessage = ({ data }) => {
      if (typeof data === "string") receive(opening, data);
    };
    opening.onclose = () => lose();
  }

  function receive(from: Socket, frame: string): void {
    try {
      handle(from, parseMessage(AgentMessageSchema, frame));
    } catch {
      // An agent of another version, or none at all: nothing it says can be used.
      from.close();
    }
  }

  function handle(from: Socket, message: AgentMessage): void {
    switch (message.type) {
      case "classroom":
        failures = 0;
        change({ status: "open", classroom: message });
        break;
      case "done":
        requests.done(message.id);
        break;
      case "progress":
        requests.progress(message.id, toProgress(message.progress));
        break;
      case "failed":
        if (message.code === "not-allowed" && state.status !== "open") refuse(from);
        else requests.failed(message.id, toError(message));
        break;
      default:
        answer(from, message);
    }
  }

  function answer(to: Socket, request: Request): void {
    const wire = toWire(to);
    if (serve) void serve(request, wire);
    else void wire.send(failedAnswer(request.id, notServing()));
  }

  function refuse(by: Socket): void {
    change({ status: "refused" });
    by.close();
  }

  function lose(): void {
    socket = undefined;
    requests.failAll(lostLink());
    if (state.status === "refused") return;
    const classroom = "classroom" in state ? state.classroom : undefined;
    change({ status: "lost", ...(classroom && { classroom }) });
    timer = setTimeout(connect, Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** failures++));
  }

  if (token !== undefined) connect();
  return {
    state: () => state,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    async ask(order, { signal, onProgress, serve: answers } = {}) {
      // What the agent asks back does not say for which request: one that is served at a time.
      while (answers && serving) await serving;
      signal?.throwIfAborted();
      if (socket === undefined || state.status !== "open") throw lostLink();
      const { id, ended } = requests.begin(signal, onProgress);
      const over = ended.finally(() => {
        if (serve === answers) [serve, serving] = [undefined, undefined];
      });
      if (answers) [serve, serving] = [answers, over.catch(() => {})];
      send(socket, { ...order, id });
      return over;
    },
    retry() {
      if (timer !== undefined) connect();
    },
  };
}

function send(socket: Socket, message: PageMessage): void {
  socket.send(JSON.stringify(message));
}

/**
 * The agent asks for a few pieces at a time, so what is sent never piles up: nothing to wait for.
 */
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

function notServing(): InfieldError {
  return new InfieldError(
    "unknown-release",
    "this page is not handing anything over",
    "hand it over again",
  );
}
