/**
 * A conversation with a page (or a command) of this machine: its token first, then requests, each
 * answered by `done` or `failed`; the classroom is told at every change. While a release is handed
 * over, the page is the one who is asked.
 */
import type { PeerAddress } from "@infield/shared/announce";
import { InfieldError, type Progress } from "@infield/shared/base";
import type { BlobRecord } from "@infield/shared/records";
import {
  type AgentMessage,
  type Asker,
  type Classroom,
  createAsker,
  failedAnswer,
  type PageMessage,
  PageMessageSchema,
  parseMessage,
} from "@infield/shared/transfer";
import type { WebSocket } from "ws";
import { CLOSE, closeFor, createWire, HELLO_MS, onFrame } from "../peers/wire.ts";
import type { Clock } from "../timing/clock.ts";
import { createThrottle } from "../timing/throttle.ts";
import type { RollBackOptions } from "../update/update.ts";
import { isToken } from "./page-guard.ts";

/**
 * What a page can ask for. Everything throws InfieldError. Signals abort when the page is gone, so
 * that nobody waits.
 */
export interface PageActions {
  classroom(): Classroom;
  /** Takes a release over; `asker` asks the page for its bytes. */
  offer(
    offer: { channel: string; release: string },
    asker: Asker,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  /** The page makes a delta for stragglers, or does not any more. */
  prepareDelta(page: PageLink, pair: { from: number; to: number }, preparing: boolean): void;
  /** Takes such a delta over. */
  offerDelta(
    offered: { to: number; delta: BlobRecord },
    asker: Asker,
    onProgress: (progress: Progress) => void,
    signal: AbortSignal,
  ): Promise<void>;
  updateClassroom(): Promise<void>;
  look(): Promise<void>;
  rollBack(laptop: string, how: RollBackOptions, signal: AbortSignal): Promise<void>;
  hold(): Promise<void>;
  resume(laptop: string, signal: AbortSignal): Promise<void>;
  prune(keep: number): Promise<void>;
  repair(from: string | undefined, signal: AbortSignal): Promise<void>;
  connect(peer: PeerAddress, signal: AbortSignal): Promise<void>;
  disconnect(peer: PeerAddress): Promise<void>;
  sleep(): Promise<void>;
  wake(): Promise<void>;
}

export interface PageLink {
  /** Something the page shows has changed. */
  changed(): void;
}

/**
 * Between two pictures of the classroom, and between two of a progress: five a second look alive.
 */
const SHOW_MS = 200;

type PageRequest = Exclude<PageMessage, { type: "hello" | "file" | "failed" }>;

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
  const { actions, clock } = options;
  const wire = createWire(socket);
  const asker = createAsker(wire, clock.startTimer);
  const gone = new AbortController();
  const picture = createThrottle(clock, SHOW_MS, () => send(actions.classroom()));
  const link: PageLink = { changed: picture.poke };
  let open = false;

  function send(message: AgentMessage): void {
    wire.send(JSON.stringify(message)).catch(() => socket.terminate());
  }

  async function carryOut(request: PageRequest): Promise<void> {
    try {
      await perform(request);
      send({ type: "done", id: request.id });
    } catch (error) {
      wire.send(failedAnswer(request.id, error)).catch(() => socket.terminate());
    }
  }

  function perform(request: PageRequest): Promise<void> {
    switch (request.type) {
      case "offer":
        return withProgress(request.id, (tell) => actions.offer(request, asker, tell, gone.signal));
      case "offer-delta":
        return withProgress(request.id, (tell) =>
          actions.offerDelta(request, asker, tell, gone.signal),
        );
      case "prepare-delta":
        return prepare(request);
      case "update-classroom":
        return actions.updateClassroom();
      case "look":
        return actions.look();
      case "roll-back":
        return actions.rollBack(request.laptop, request, gone.signal);
      case "hold":
        return actions.hold();
      case "resume":
        return actions.resume(request.laptop, gone.signal);
      case "prune":
        return actions.prune(request.keep);
      case "repair":
        return actions.repair(request.from, gone.signal);
      case "connect":
        return actions.connect({ host: request.host, port: request.port }, gone.signal);
      case "disconnect":
        return actions.disconnect({ host: request.host, port: request.port });
      case "sleep":
        return actions.sleep();
      case "wake":
        return actions.wake();
    }
  }

  async function prepare(request: Extract<PageRequest, { type: "prepare-delta" }>): Promise<void> {
    actions.prepareDelta(link, request, request.preparing);
  }

  /** Tells the page now and then how far its request has come. */
  async function withProgress(
    id: number,
    work: (onProgress: (progress: Progress) => void) => Promise<void>,
  ): Promise<void> {
    let latest: Progress = { done: 0, total: 0 };
    const show = createThrottle(clock, SHOW_MS, () =>
      send({ type: "progress", id, progress: latest }),
    );
    const onProgress = (progress: Progress) => {
      latest = progress;
      show.poke();
    };
    await work(onProgress).finally(show.stop);
  }

  function hear(frame: string | Uint8Array): void {
    if (typeof frame !== "string") {
      if (open) asker.onBytes(frame);
      return;
    }
    const message = parseMessage(PageMessageSchema, frame);
    if (!open) greet(message);
    else if (message.type === "file" || message.type === "failed") asker.onAnswer(message);
    else if (message.type !== "hello") void carryOut(message);
  }

  /**
   * The first message must hold the token; the refusal is said twice, as a browser's page sees a
   * message more easily.
   */
  function greet(message: PageMessage): void {
    cancelWait();
    if (message.type !== "hello" || !isToken(message.token, options.token)) {
      const error = wrongToken();
      wire.send(failedAnswer(0, error)).catch(() => socket.terminate());
      closeFor(socket, CLOSE.wrongToken, error);
      return;
    }
    open = true;
    options.onOpen(link);
    picture.poke();
  }

  const cancelWait = clock.startTimer(HELLO_MS, () =>
    closeFor(socket, CLOSE.tooLate, wrongToken()),
  );
  onFrame(socket, (frame) => {
    try {
      hear(frame);
    } catch (error) {
      closeFor(socket, CLOSE.badMessage, error);
    }
  });
  socket.once("close", () => {
    cancelWait();
    picture.stop();
    gone.abort();
    asker.onClose();
    if (open) options.onClose(link);
  });
}

function wrongToken(): InfieldError {
  return new InfieldError(
    "not-allowed",
    "the page's token is missing or not the one of this agent",
    "open the address that the agent printed when it started",
  );
}
