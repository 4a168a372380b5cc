/**
 * What this agent knows of the laptops around it: what they said of themselves, and when they were
 * last heard of.
 */
import { MAX_LAPTOPS } from "@infield/shared/base";
import { type Laptop, peerFailed, type Report } from "@infield/shared/transfer";
import type { OnEvent } from "../laptop/events.ts";
import type { PeerLink } from "../peers/peer-link.ts";
import type { Clock } from "../timing/clock.ts";
import { waitUntil } from "./wait-until.ts";

interface Known {
  report: Report;
  /** Open connections, the newest last. */
  links: PeerLink[];
  heardAt: number;
}

export class Classroom {
  readonly #clock: Clock;
  readonly #onEvent: OnEvent;
  readonly #known = new Map<string, Known>();
  readonly #listeners = new Set<() => void>();

  constructor(clock: Clock, onEvent: OnEvent) {
    this.#clock = clock;
    this.#onEvent = onEvent;
  }

  /** A neighbour said something of itself. */
  hear(report: Report, link: PeerLink): void {
    const laptop = this.#remember(report);
    laptop.report = report;
    laptop.heardAt = this.#clock.now();
    if (!laptop.links.includes(link)) {
      laptop.links.push(link);
      this.#say("connected", laptop, link);
      void link.closed.then(() => this.#leave(laptop, link));
    }
    this.#tell();
  }

  /** Every known laptop, in order of name; `teacherKey` is the id of our key for orders. */
  laptops(teacherKey: string): Laptop[] {
    const now = this.#clock.now();
    const laptops = [...this.#known.values()].map(({ report, links, heardAt }) => ({
      ...report,
      unseenMs: links.length > 0 ? 0 : now - heardAt,
      obeys: report.teachers.includes(teacherKey),
    }));
    return laptops.sort((a, b) => a.name.localeCompare(b.name) || (a.id < b.id ? -1 : 1));
  }

  /** The connection over which a laptop can be given orders, while there is one. */
  linkTo(laptop: string): PeerLink | undefined {
    return this.#known.get(laptop)?.links.at(-1);
  }

  /** What a laptop said last. */
  reportOf(laptop: string): Report | undefined {
    return this.#known.get(laptop)?.report;
  }

  /**
   * Resolves once a laptop's last report `shows` it. Throws `peer-failed` when that takes longer
   * than the limit, AbortError.
   */
  until(
    laptop: string,
    shows: (report: Report) => boolean,
    limitMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const isShown = () => {
      const report = this.reportOf(laptop);
      return report !== undefined && shows(report);
    };
    return waitUntil(isShown, {
      ...{ clock: this.#clock, limitMs, signal },
      tooLate: () => peerFailed("did not report that it was done"),
      subscribe: (look) => this.onChange(look),
    });
  }

  /** Calls `listen` at every change, until what it returns is called. */
  onChange(listen: () => void): () => void {
    this.#listeners.add(listen);
    return () => void this.#listeners.delete(listen);
  }

  #leave(laptop: Known, link: PeerLink): void {
    laptop.links = laptop.links.filter((other) => other !== link);
    laptop.heardAt = this.#clock.now();
    this.#say("gone", laptop, link);
    this.#tell();
  }

  #remember(report: Report): Known {
    const laptop = this.#known.get(report.id) ?? { report, links: [], heardAt: 0 };
    this.#known.set(report.id, laptop);
    if (this.#known.size > MAX_LAPTOPS) this.#forgetOne();
    return laptop;
  }

  #forgetOne(): void {
    const absent = [...this.#known].filter(([, laptop]) => laptop.links.length === 0);
    absent.sort(([, a], [, b]) => a.heardAt - b.heardAt);
    const [longest] = absent[0] ?? [];
    if (longest !== undefined) this.#known.delete(longest);
  }

  #say(state: "connected" | "gone", { report }: Known, { address }: PeerLink): void {
    this.#onEvent({ event: "peer", state, id: report.id, name: report.name, address });
  }

  #tell(): void {
    for (const listen of this.#listeners) listen();
  }
}
