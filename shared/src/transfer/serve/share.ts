/** Serving a swarm: pieces in fair turn, and news of those that come to whoever follows them. */
import type { Clock } from "../../base/clock.ts";
import { InfieldError } from "../../base/errors.ts";
import type { Request } from "../messages/requests.ts";
import type { Wire } from "../messages/wire.ts";
import { createFollowers } from "./followers.ts";
import { failedAnswer, type Serve } from "./serve.ts";
import { UploadSlots } from "./upload-slots.ts";

export interface Sharing {
  /** Answers a request; never throws. */
  readonly serve: Serve;
  /** What this request asked for is not wanted any more. */
  cancel(id: number, wire: Wire): void;
  /** Pieces of a blob on its way in are there. */
  tellHave(root: string, indexes: readonly number[]): void;
  /** The connection is gone. */
  forget(wire: Wire): void;
}

/** `serve` answers requests when their turn has come. */
export function createSharing(serve: Serve, clock: Pick<Clock, "now" | "startTimer">): Sharing {
  const slots = new UploadSlots(clock);
  const followers = createFollowers(clock);

  async function servePiece(
    request: Extract<Request, { type: "get-piece" }>,
    wire: Wire,
  ): Promise<void> {
    const freeSlot = await slots.wait(wire, request.id, `${request.root} ${request.index}`);
    if (freeSlot) await serve(request, wire).finally(freeSlot);
    else await wire.send(failedAnswer(request.id, cancelled())).catch(() => wire.close());
  }

  return {
    async serve(request, wire) {
      if (request.type === "get-piece") return servePiece(request, wire);
      // Before the answer: better told twice of a piece that comes meanwhile than never.
      if (request.type === "get-have") followers.follow(wire, request.id, request.root);
      return serve(request, wire);
    },
    cancel(id, wire) {
      slots.cancel(wire, id);
      followers.unfollow(wire, id);
    },
    tellHave: followers.tell,
    forget(wire) {
      slots.forget(wire);
      followers.forget(wire);
    },
  };
}

function cancelled(): InfieldError {
  return new InfieldError("peer-failed", "it was cancelled", "ask again");
}
