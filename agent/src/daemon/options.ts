/** What an agent is started with. */
import type { PeerAddress } from "@infield/shared/announce";
import type { AgentEvent } from "../laptop/events.ts";
import type { QuietHours } from "../updates/policy.ts";

export interface AgentOptions {
  /** The laptop's folder; made when it is missing. */
  readonly root: string;
  /** The channel to follow, 64 hex digits: pinned at the first start. */
  readonly channel?: string;
  /** Port of the page; neighbours use the next one. 0: any two. */
  readonly port: number;
  /** Names of network interfaces, which need not be there yet; all that run when left out. */
  readonly interfaces?: readonly string[];
  /** Laptops to stay connected to, besides those that `infield connect` named. */
  readonly peers?: readonly PeerAddress[];
  /** What the classroom calls this laptop. */
  readonly name: string;
  /** Public keys in base64 whose orders are obeyed. */
  readonly teachers: readonly string[];
  /** Owners and setuid bits are installed as they are; only as root. */
  readonly system: boolean;
  /** A command that a new version has to pass besides its own health check. */
  readonly health?: string;
  /** A command that is told of every switch, when it is confirmed. */
  readonly onSwitch?: string;
  /** Tells by mDNS that this laptop is there, and looks who else is; never on loopback. */
  readonly presence: boolean;
  /** A repository on the web that is asked now and then; never any other. */
  readonly upstream?: URL;
  /** A release that is not urgent waits for mains power. */
  readonly waitsOnBattery?: boolean;
  /** When a release that is not urgent is not taken. */
  readonly quietHours?: QuietHours;
  /** Folder of the built page. */
  readonly pageDir: string;
  /**
   * Whether work for others may be done now; what the system says of its power supplies when left
   * out.
   */
  isOnMains?(): Promise<boolean>;
  onEvent(event: AgentEvent): void;
}
