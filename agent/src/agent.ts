/** The daemon: what it consists of, in the order in which it comes to life. */
import type { AgentEvent } from "./net/events.ts";

export type { AgentEvent } from "./net/events.ts";

export interface AgentOptions {
  /** The laptop's folder; made when it is missing. */
  readonly root: string;
  /** The channel to follow, 64 hex digits: pinned at the first start. */
  readonly channel?: string;
  /** Port of the page; neighbours use the next one. 0: any two. */
  readonly port: number;
  /** Names of network interfaces; all that run when left out. */
  readonly interfaces?: readonly string[];
  /** What the classroom calls this laptop. */
  readonly name: string;
  /** Public keys in base64 whose orders are obeyed. */
  readonly teachers: readonly string[];
  /** Owners and setuid bits are installed as they are; only as root. */
  readonly system: boolean;
  /** Folder of the built page. */
  readonly pageDir: string;
  onEvent(event: AgentEvent): void;
}

export interface RunningAgent {
  /** `http://localhost:PORT/#token`. */
  readonly pageUrl: string;
  readonly pagePort: number;
  readonly peerPort: number;
  /** Ends connections, timers and the lock on the root. Resolves when all of it is gone. */
  stop(): Promise<void>;
}

/**
 * Starts an agent. Throws `network-interface`, `port-taken`, `unknown-channel`, `key-invalid` (a teacher key), and what
 * `openRoot` throws.
 */
export declare function startAgent(options: AgentOptions): Promise<RunningAgent>;
