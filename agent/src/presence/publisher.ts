/**
 * Who tells the network of our service: avahi-daemon (avahi.ts), or this process itself (ciao.ts).
 */
import type { Service } from "./service.ts";

export interface Publisher {
  /**
   * Tells of it; what was told before is replaced, and a change of the TXT record alone is told
   * without a goodbye.
   */
  publish(service: Service): Promise<void>;
  /** Says goodbye, if anything was told. */
  withdraw(): Promise<void>;
  /** Says goodbye, and ends. */
  close(): Promise<void>;
}
