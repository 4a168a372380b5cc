/** What a page can ask this agent for, and which request asks for what. */
import type { PeerAddress } from "@infield/shared/announce";
import type { Progress } from "@infield/shared/base";
import type { BlobRecord } from "@infield/shared/records";
import type { Asker, Classroom, PageMessage } from "@infield/shared/transfer";
import type { RollBackOptions } from "../update/update.ts";

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

export type PageRequest = Exclude<PageMessage, { type: "hello" | "file" | "failed" }>;

/** Of the page that a request came from. */
export interface RequestContext {
  readonly page: PageLink;
  /** Asks it for bytes. */
  readonly asker: Asker;
  /** Tells it how far its request has come. */
  onProgress(progress: Progress): void;
  /** Aborts when it is gone. */
  readonly signal: AbortSignal;
}

/** Does what a page asks for. Throws what that action throws. */
export async function perform(
  request: PageRequest,
  actions: PageActions,
  { page, asker, onProgress, signal }: RequestContext,
): Promise<void> {
  switch (request.type) {
    case "offer":
      return actions.offer(request, asker, onProgress, signal);
    case "offer-delta":
      return actions.offerDelta(request, asker, onProgress, signal);
    case "prepare-delta":
      return actions.prepareDelta(page, request, request.preparing);
    case "update-classroom":
      return actions.updateClassroom();
    case "look":
      return actions.look();
    case "roll-back":
      return actions.rollBack(request.laptop, request, signal);
    case "hold":
      return actions.hold();
    case "resume":
      return actions.resume(request.laptop, signal);
    case "prune":
      return actions.prune(request.keep);
    case "repair":
      return actions.repair(request.from, signal);
    case "connect":
      return actions.connect({ host: request.host, port: request.port }, signal);
    case "disconnect":
      return actions.disconnect({ host: request.host, port: request.port });
    case "sleep":
      return actions.sleep();
    case "wake":
      return actions.wake();
  }
}
