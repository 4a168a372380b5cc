/** Connections that this laptop makes: for releases, and to teachers, who are told how it goes. */
import type { Query } from "@infield/shared/announce";
import type { AddressBook } from "../laptop/address-book.ts";
import type { LaptopStatus } from "../laptop/status.ts";
import { dialWithBackoff } from "../peers/dial-backoff.ts";
import { dialPeer } from "../peers/peer-client.ts";
import type { LocalPeer, PeerLink } from "../peers/peer-link.ts";
import { createTeacherLinks } from "../peers/teacher-links.ts";
import type { Clock } from "../timing/clock.ts";

interface NeighbourLinksOptions {
  readonly clock: Clock;
  readonly local: LocalPeer;
  readonly book: AddressBook;
  readonly status: LaptopStatus;
}

export class NeighbourLinks {
  readonly #options: NeighbourLinksOptions;
  readonly #dialled = new Set<PeerLink>();
  readonly #teachers = new Set<PeerLink>();
  readonly #dialPaused: NeighbourLinks["dial"];
  readonly #teacherLinks: ReturnType<typeof createTeacherLinks>;

  constructor(options: NeighbourLinksOptions) {
    const { clock, local } = options;
    this.#options = options;
    this.#dialPaused = dialWithBackoff(clock, (address, port, signal) =>
      dialPeer(address, port, local, signal),
    );
    this.#teacherLinks = createTeacherLinks(clock, (address, port, signal) =>
      this.#dialTeacher(address, port, signal),
    );
  }

  /** Throws what `dialPeer` throws; `peer-failed` at once for who did not answer a moment ago. */
  readonly dial = async (address: string, port: number, signal: AbortSignal): Promise<PeerLink> => {
    const link = await this.#dialPaused(address, port, signal);
    this.#dialled.add(link);
    void this.#options.book.meet({ host: address, port });
    void link.closed.then(() => this.#dialled.delete(link));
    return link;
  };

  /** A teacher whose page is open asks to be told, and is dialled. */
  hearQuery(query: Query, address: string): void {
    if (query.classroom) this.#teacherLinks.onQuery(query, address);
  }

  /** Tells the teachers how this laptop does now. */
  report(): void {
    for (const link of this.#teachers) link.sendReport(this.#options.status.report());
  }

  /** Hangs up on teachers, who might order something, and dials none any more. */
  leaveTeachers(): void {
    this.#teacherLinks.close();
  }

  /** Hangs up; resolves once all are gone. */
  async closeAll(): Promise<void> {
    const links = [...this.#dialled];
    for (const link of links) link.close();
    await Promise.all(links.map((link) => link.closed));
  }

  async #dialTeacher(address: string, port: number, signal: AbortSignal): Promise<PeerLink> {
    const link = await this.dial(address, port, signal);
    this.#teachers.add(link);
    void link.closed.then(() => this.#teachers.delete(link));
    return link;
  }
}
