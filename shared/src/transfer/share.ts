/** Serving a swarm: pieces in fair turn, and word of those that come to whoever follows them. */
import type { Clock } from "../base/clock.ts";
import { InfieldError } from "../base/errors.ts";
import { createFollowers } from "./followers.ts";
import type { Request } from "./messages.ts";
import { createPieceTurns } from "./piece-turns.ts";
import { failedAnswer, type Serve } from "./serve.ts";
import type { Wire } from "./wire.ts";

export interface Sharing {
  /** Answers a request; never throws. */
  readonly serve: Serve;
  /** What this request asked for is wanted no more. */
  cancel(id: number, wire: Wire): void;
  /** Pieces of a blob on its way in are there. */
  tellHave(root: string, indexes: readonly number[]): void;
  /** The connection is gone. */
  forget(wire: Wire): void;
}

/** `serve` answers what is asked for when its turn has come. */
export function createSharing(serve: Serve, clock: Pick<Clock, "now" | "startTimer">): Sharing {
  const turns = createPieceTurns(clock);
  const followers = createFollowers(clock);

  async function servePiece(
    request: Extract<Request, { type: "get-piece" }>,
    wire: Wire,
  ): Promise<void> {
    const endTurn = await turns.wait(wire, request.id, `${request.root} ${request.index}`);
    if (endTurn) await serve(request, wire).finally(endTurn);
    else await wire.send(failedAnswer(request.id, cancelled())).catch(() => wire.close());
  }

  return {
    async serve(request, wire) {
      if (request.type === "get-piece") return servePiece(request, wire);
      // Before it is answered: a piece that comes meanwhile is told twice rather than never.
      if (request.type === "get-have") followers.follow(wire, request.id, request.root);
      return serve(request, wire);
    },
    cancel(id, wire) {
      turns.cancel(wire, id);
      followers.unfollow(wire, id);
    },
    tellHave: followers.tell,
    forget(wire) {
      turns.forget(wire);
      followers.forget(wire);
    },
  };
}

function cancelled(): InfieldError {
  return new InfieldError("peer-failed", "it was cancelled", "ask again");
}
