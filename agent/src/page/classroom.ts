/**
 * What this agent knows of the laptops around it: what they said of themselves, and when they were
 * last heard of.
 */
import { MAX_LAPTOPS } from "@infield/shared/base";
import { type Laptop, peerFailed, type Report } from "@infield/shared/transfer";
import type { OnEvent } from "../laptop/events.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";

export interface Classroom {
  /** A neighbour said something of itself. */
  hear(report: Report, link: PeerLink): void;
  /** Every known laptop, in order of name; `teacherKey` is the id of our key for orders. */
  laptops(teacherKey: string): Laptop[];
  /** The connection over which a laptop can be given orders, while there is one. */
  linkTo(laptop: string): PeerLink | undefined;
  /** What a laptop said last. */
  reportOf(laptop: string): Report | undefined;
  /**
   * Resolves once a laptop's last report `shows` it. Throws `peer-failed` when that takes longer
   * than the limit, AbortError.
   */
  until(
    laptop: string,
    shows: (report: Report) => boolean,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<void>;
  onChange(listen: () => void): void;
}

interface Known {
  report: Report;
  /** Open connections, the newest last. */
  links: PeerLink[];
  heardAt: number;
}

export function createClassroom(clock: Clock, onEvent: OnEvent): Classroom {
  const known = new Map<string, Known>();
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listen of listeners) listen();
  };

  function leave(laptop: Known, link: PeerLink): void {
    laptop.links = laptop.links.filter((other) => other !== link);
    laptop.heardAt = clock.now();
    say("gone", laptop, link);
    tell();
  }

  function say(state: "connected" | "gone", { report }: Known, { address }: PeerLink): void {
    onEvent({ event: "peer", state, id: report.id, name: report.name, address });
  }

  function remember(report: Report): Known {
    const laptop = known.get(report.id) ?? { report, links: [], heardAt: 0 };
    known.set(report.id, laptop);
    if (known.size > MAX_LAPTOPS) forgetOne();
    return laptop;
  }

  function forgetOne(): void {
    const absent = [...known].filter(([, laptop]) => laptop.links.length === 0);
    absent.sort(([, a], [, b]) => a.heardAt - b.heardAt);
    const [longest] = absent[0] ?? [];
    if (longest !== undefined) known.delete(longest);
  }

  return {
    hear(report, link) {
      const laptop = remember(report);
      laptop.report = report;
      laptop.heardAt = clock.now();
      if (!laptop.links.includes(link)) {
        laptop.links.push(link);
        say("connected", laptop, link);
        void link.closed.then(() => leave(laptop, link));
      }
      tell();
    },
    laptops(teacherKey) {
      const now = clock.now();
      const laptops = [...known.values()].map(({ report, links, heardAt }) => ({
        ...report,
        unseenMs: links.length > 0 ? 0 : now - heardAt,
        obeys: report.teachers.includes(teacherKey),
      }));
      return laptops.sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
    },
    linkTo: (laptop) => known.get(laptop)?.links.at(-1),
    reportOf: (laptop) => known.get(laptop)?.report,
    async until(laptop, shows, limitMs, signal) {
      signal.throwIfAborted();
      await new Promise<void>((resolve, reject) => {
        const end = () => {
          listeners.delete(look);
          cancel();
          signal.removeEventListener("abort", abort);
        };
        const fail = (error: unknown) => {
          end();
          reject(error);
        };
        const abort = () => fail(signal.reason);
        const cancel = clock.startTimer(limitMs, () =>
          fail(peerFailed("did not report that it was done")),
        );
        const look = () => {
          const report = known.get(laptop)?.report;
          if (report === undefined || !shows(report)) return;
          end();
          resolve();
        };
        signal.addEventListener("abort", abort);
        listeners.add(look);
        look();
      });
    },
    onChange: (listen) => void listeners.add(listen),
  };
}
