/** An opened root: one process at a time works on it, and whatever a crash left is put right before it is handed out. */
import type { SigningKey } from "@infield/shared";
import type { FolderRepository } from "./repository.ts";

/** Who this laptop is. Kept in identity.json, mode 0600. */
export interface Identity {
  /** 16 hex digits. */
  readonly laptopId: string;
  /** 32 hex digits: what the page and the command line show the running agent. */
  readonly token: string;
  /** The pinned channel id, 64 hex digits. */
  readonly channel?: string | undefined;
  /** Throws `unknown-channel` when another one is pinned already. */
  pinChannel(id: string): Promise<void>;
  /** This laptop's key for orders to others; made on first use. */
  teacherKey(): Promise<SigningKey>;
}

/** What is installed. */
export interface StoreState {
  /** The version in use, 0 when there is none. */
  readonly current: number;
  /** The confirmed version a rollback would lead to. */
  readonly previous?: number;
  /** Installed versions, ascending. */
  readonly versions: readonly number[];
  /** The current version passed its health check; false during a trial, and when nothing is installed. */
  readonly confirmed: boolean;
  /** Rolled back from, or failed: this version and older ones are not taken. */
  readonly held?: number;
  /** The highest version that was ever switched to. */
  readonly highest: number;
}

export interface Root {
  /** Absolute. */
  readonly path: string;
  /** Started as root with `--system`: may set owners and setuid bits. */
  readonly system: boolean;
  readonly identity: Identity;
  /** What this laptop holds and serves. */
  readonly repository: FolderRepository;
  state(): StoreState;
  /** Gives the lock back. */
  close(): Promise<void>;
}

export interface RootOptions {
  /** Make the root when the folder is missing or empty. */
  readonly create?: boolean;
  readonly system?: boolean;
}

/**
 * Takes the lock and recovers: drops staging and trash, repairs `current`, ends a trial that a power cut interrupted (which
 * may run its health check). Throws `not-a-root`, `root-busy`, `needs-system`, `io-failed`.
 */
export declare function openRoot(path: string, options?: RootOptions): Promise<Root>;

export interface RootStatus {
  readonly laptopId: string;
  readonly token: string;
  readonly channel?: string | undefined;
  readonly state: StoreState;
}

/** What a root says of itself, without the lock: an agent may be working on it. Throws `not-a-root`. */
export declare function readState(path: string): Promise<RootStatus>;
