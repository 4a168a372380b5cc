/** Which release this laptop tells its neighbours of: the one in use, once it is confirmed. */
import { formatAnnouncement } from "@infield/shared/announce";
import { InfieldError } from "@infield/shared/base";
import { type OnEvent, tellProblem } from "../laptop/events.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { Root } from "../store/root/root.ts";
import type { Announced } from "./announcer.ts";
import { findUrgent, readAnnouncement } from "./stored-announcement.ts";

interface AnnouncingOptions {
  readonly root: Root;
  readonly keeper: ChannelKeeper;
  readonly peerPort: number;
  /** This is what neighbours are to be told from now on; undefined: nothing. */
  onChange(release: Announced | undefined): void;
  readonly onEvent: OnEvent;
}

/** What is announced: the version, and the packet that says so. */
interface Announcement {
  readonly version: number;
  readonly packet: Uint8Array;
}

export class Announcing {
  readonly #options: AnnouncingOptions;
  #now: Announcement | undefined;

  constructor(options: AnnouncingOptions) {
    this.#options = options;
  }

  now(): Announcement | undefined {
    return this.#now;
  }

  /** Announces what is in use, unless it does already; nothing while that is on trial. */
  async follow(): Promise<void> {
    const { current, confirmed } = this.#options.root.state();
    if (!confirmed) this.#tell(undefined);
    else if (this.#now?.version !== current) await this.restart();
  }

  /** Announces the release in use from the beginning: often at first. */
  async restart(): Promise<void> {
    const { root, keeper, onEvent } = this.#options;
    const version = root.state().current;
    const stored = await readAnnouncement(root, keeper, version).catch((error: unknown) => {
      if (error instanceof InfieldError) tellProblem(onEvent, error);
    });
    if (stored === undefined) {
      this.#tell(undefined);
      return;
    }
    const urgent = await findUrgent(root, keeper, version);
    this.#tell({ version, packet: this.#packetOf(stored) }, urgent);
    onEvent({ event: "announced", version, urgent: stored.urgent });
  }

  #packetOf({ signed }: { readonly signed: Uint8Array }): Uint8Array {
    const { root, peerPort } = this.#options;
    return formatAnnouncement(signed, { port: peerPort, id: root.identity.laptopId });
  }

  /** `urgent` is the newest urgent release up to this one, which laptops that sleep listen for. */
  #tell(
    release: Announcement | undefined,
    urgent?: { readonly version: number; readonly signed: Uint8Array },
  ): void {
    this.#now = release;
    const told = urgent && { version: urgent.version, packet: this.#packetOf(urgent) };
    this.#options.onChange(release && { ...release, urgent: told });
  }
}
