/**
 * Who is told of new pieces, and of which blob: several in one message, as air time is what a class
 * has least of.
 */
import type { Clock } from "../../base/clock.ts";
import { MAX_HAVE } from "../../base/limits.ts";
import type { Have } from "../messages/peer-messages.ts";
import type { Wire } from "../messages/wire.ts";

/** How long pieces are collected for one message. */
const COLLECT_MS = 200;
/** Blobs that one connection may follow, of which it needs one. Beyond it the oldest is dropped. */
const MAX_FOLLOWED = 4;

export interface Followers {
  /** From now on `wire` is told of pieces of this blob, under the number of its request. */
  follow(wire: Wire, id: number, root: string): void;
  unfollow(wire: Wire, id: number): void;
  tell(root: string, indexes: readonly number[]): void;
  /** The connection is gone. */
  forget(wire: Wire): void;
}

interface Follower {
  readonly id: number;
  readonly root: string;
  untold: number[];
}

export function createFollowers(clock: Pick<Clock, "startTimer">): Followers {
  const followers = new Map<Wire, Follower[]>();
  let cancel: (() => void) | undefined;

  function flush(): void {
    cancel = undefined;
    for (const [wire, followed] of followers)
      for (const follower of followed) sendTo(wire, follower);
  }

  function sendTo(wire: Wire, follower: Follower): void {
    const { id, untold } = follower;
    follower.untold = [];
    for (let from = 0; from < untold.length; from += MAX_HAVE) {
      const message: Have = { type: "have", id, indexes: untold.slice(from, from + MAX_HAVE) };
      wire.send(JSON.stringify(message)).catch(() => wire.close());
    }
  }

  return {
    follow(wire, id, root) {
      const others = (followers.get(wire) ?? []).filter((one) => one.root !== root);
      followers.set(wire, [...others, { id, root, untold: [] }].slice(-MAX_FOLLOWED));
    },
    unfollow(wire, id) {
      const left = (followers.get(wire) ?? []).filter((one) => one.id !== id);
      if (left.length > 0) followers.set(wire, left);
      else followers.delete(wire);
    },
    tell(root, indexes) {
      for (const followed of followers.values()) {
        for (const one of followed) if (one.root === root) one.untold.push(...indexes);
      }
      if (followers.size > 0) cancel ??= clock.startTimer(COLLECT_MS, flush);
    },
    forget(wire) {
      followers.delete(wire);
      if (followers.size > 0) return;
      cancel?.();
      cancel = undefined;
    },
  };
}
