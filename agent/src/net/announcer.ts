/**
 * The announcer tells of one release, ever more seldom: intervals double as in Trickle (RFC 6206, 4.2), so that a room of
 * laptops costs next to nothing once everybody has heard. It never joins the groups it sends to; docs/protocol.md, rule
 * 2.7, says what that means for Trickle's other half, staying silent when others have spoken.
 */
import { type Group, releaseGroup } from "@infield/shared";
import type { Clock } from "./clock.ts";

/** What is announced, and the packet that says it. */
interface Announced {
  readonly version: number;
  readonly urgent: boolean;
  readonly packet: Uint8Array;
}

interface Announcer {
  /** Begins to tell of a release, in place of any other. */
  announce(release: Announced): void;
  /** Tells laptops at `version`, which asked, of the current release, after a random moment; the first that asked in a second. */
  answer(version: number): void;
  /** The version that is being announced. */
  announcing(): number | undefined;
  /**
   * Tells whoever wants a release that pieces of it are here, beside what is announced, until what it returns is called
   * (docs/protocol.md, rule 2.13).
   */
  share(release: Omit<Announced, "urgent">): () => void;
  /** Falls silent. */
  stop(): void;
}

/** First and longest interval (Trickle's Imin and Imax): heard within a second, and at rest one packet an hour. */
const FIRST_INTERVAL_MS = 1_000;
const LAST_INTERVAL_MS = 3_600_000;
/** Each announcement is sent three times: the packet that wakes a laptop is often lost to it. */
const COPIES = 3;
/** Between copies: longer than a network card takes to wake its laptop's receiver, shorter than it stays awake. */
const COPY_GAP_MS = 200;
/** How far behind a laptop may be to hear of a release without asking: n-1 … n-7 groups, at half, a quarter, … the rate. */
const STRAGGLER_GROUPS = 7;
/**
 * An answer waits up to this long, so that thirty laptops that heard the question do not answer at once, and there is one
 * in this time whatever versions are asked for: a question is unsigned and small, three packets to a room are not.
 */
const ANSWER_MS = 1_000;
/** Pieces that are here are told of within this: thirty laptops have their first ones at about the same moment. */
const SHARE_MS = 500;
/** Then after these intervals: by the first of them a class has met, and nobody who comes later waits longer than the last. */
const FIRST_SHARE_INTERVAL_MS = 2_000;
const LAST_SHARE_INTERVAL_MS = 60_000;

export function createAnnouncer(
  clock: Clock,
  channelId: string,
  send: (group: Group, packet: Uint8Array) => void,
): Announcer {
  let current: Announced | undefined;
  const timers = new Set<() => void>();
  let mayAnswer = true;

  function after(ms: number, run: () => void): void {
    const cancel = clock.startTimer(ms, () => {
      timers.delete(cancel);
      run();
    });
    timers.add(cancel);
  }

  function sendCopies(groups: readonly Group[], packet: Uint8Array): void {
    for (let copy = 0; copy < COPIES; copy++) {
      after(copy * COPY_GAP_MS, () => {
        for (const group of groups) send(group, packet);
      });
    }
  }

  /** One interval: speaks at a random moment of its second half, then begins the next, twice as long. */
  function runInterval(release: Announced, count: number, lengthMs: number): void {
    after((lengthMs / 2) * (1 + clock.random()), () =>
      sendCopies(groupsOf(channelId, release, count), release.packet),
    );
    after(lengthMs, () => runInterval(release, count + 1, Math.min(lengthMs * 2, LAST_INTERVAL_MS)));
  }

  function stop(): void {
    for (const cancel of timers) cancel();
    timers.clear();
    mayAnswer = true;
    current = undefined;
  }

  return {
    announce(release) {
      stop();
      current = release;
      sendCopies(groupsOf(channelId, release, 0), release.packet);
      runInterval(release, 1, FIRST_INTERVAL_MS);
    },
    answer(version) {
      const release = current;
      if (release === undefined || release.version <= version || !mayAnswer) return;
      mayAnswer = false;
      after(ANSWER_MS, () => {
        mayAnswer = true;
      });
      after(clock.random() * ANSWER_MS, () =>
        sendCopies([releaseGroup(channelId, version + 1, false)], release.packet),
      );
    },
    announcing: () => current?.version,
    share({ version, packet }) {
      // Once each time, to the one group: whoever fetches it is in there, and awake.
      const group = releaseGroup(channelId, version, false);
      let cancel = () => {};
      function speakIn(ms: number, nextMs: number): void {
        cancel = clock.startTimer(ms, () => {
          send(group, packet);
          speakIn((nextMs / 2) * (1 + clock.random()), Math.min(nextMs * 2, LAST_SHARE_INTERVAL_MS));
        });
      }
      speakIn(clock.random() * SHARE_MS, FIRST_SHARE_INTERVAL_MS);
      return () => cancel();
    },
    stop,
  };
}

/**
 * Where the announcement number `count` of a release goes: always to its own group, to that of n-k at every 2^k-th
 * time, and an urgent release to the urgent groups of the same versions as well.
 */
function groupsOf(channelId: string, { version, urgent }: Announced, count: number): Group[] {
  const groups: Group[] = [];
  for (let behind = 0; behind <= STRAGGLER_GROUPS && version - behind >= 1; behind++) {
    if (count % 2 ** behind !== 0) continue;
    groups.push(releaseGroup(channelId, version - behind, false));
    if (urgent) groups.push(releaseGroup(channelId, version - behind, true));
  }
  return groups;
}
