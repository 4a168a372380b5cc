/** What taking a release works on. */
import type { OnEvent } from "../laptop/events.ts";
import type { LaptopStatus } from "../laptop/status.ts";
import type { ChannelKeeper } from "../store/root/channel-keeper.ts";
import type { WritableRoot } from "../store/root/root.ts";
import type { RejectedDeltas } from "../stragglers/rejected-deltas.ts";
import type { Clock } from "../timing/clock.ts";

export interface UpdateContext {
  readonly clock: Clock;
  readonly root: WritableRoot;
  readonly keeper: ChannelKeeper;
  readonly status: LaptopStatus;
  readonly rejectedDeltas: RejectedDeltas;
  readonly onEvent: OnEvent;
  /** Pieces of a blob on its way in can be served. */
  tellHave(blobRoot: string, indexes: readonly number[]): void;
}
