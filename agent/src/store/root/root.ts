/**
 * What the rest of Infield sees of a laptop's root. To look at it takes a `Root`, or for what lies
 * there a `Store`. To write to it takes a `WritableRoot`, which only `OpenRoot.change` gives, to
 * one after another: that two changes never run at the same time is a matter of types.
 *
 *     openRoot → OpenRoot ── change(work) ──► work(root: WritableRoot)
 */
import type { IncomingBlob } from "@infield/shared/transfer";
import type { BootLoader } from "./boot-loader.ts";
import type { Identity } from "./identity.ts";
import type { FolderReader, FolderRepository } from "./repository.ts";
import type { StateRecord, StoreState } from "./state.ts";

/** What can be looked at without the lock: an agent may be working on it. */
export interface Store {
  /** Absolute. */
  readonly path: string;
  /** What this laptop holds and serves. */
  readonly repository: FolderReader;
  state(): StoreState;
  /** For the store itself: the part of the state that state.json keeps. */
  readonly record: StateRecord;
  /** Where this machine was booted from this root. */
  readonly bootLoader?: BootLoader | undefined;
}

export interface Root extends Store {
  /** Started as root with `--system`: may set owners and setuid bits. */
  readonly system: boolean;
  /** The laptop's own health check, `--health COMMAND`. */
  readonly ownCheck?: string | undefined;
  readonly identity: Identity;
  /** Blobs that are being received, by name: what is there of them can be read. */
  readonly incoming: ReadonlyMap<string, IncomingBlob>;
}

/** A root that this process has the lock of. */
export interface OpenRoot extends Root {
  /**
   * Runs `work` once every earlier change has ended, and no other until it has. `giveWay` is called
   * whenever another change comes to wait for this one: it may break off, and begin anew later.
   * What `work` calls takes the root that `work` was given: a change that waited for one of its own
   * would wait for ever.
   */
  change<T>(work: (root: WritableRoot) => Promise<T>, giveWay?: () => void): Promise<T>;
  /** Gives the lock back. */
  close(): Promise<void>;
}

/** A root in the hands of the only one who changes it now. */
export interface WritableRoot extends Root {
  readonly repository: FolderRepository;
  readonly incoming: Map<string, IncomingBlob>;
  /** Writes state.json durably, then reloads. */
  save(record: StateRecord): Promise<void>;
  /** Looks again at what lies on the disk, after `current` or versions/ changed. */
  reload(): Promise<void>;
}
