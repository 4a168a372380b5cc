/**
 * A conversation with a neighbour, the same whoever dialled: what each side is to the other. The
 * hellos are exchanged in handshake.ts; what comes after them is in established-link.ts.
 */
import type { BlobRecord, Envelope } from "@infield/shared/records";
import type { Asker, GetDelta, Report, Sharing } from "@infield/shared/transfer";
import type { Clock } from "../timing/clock.ts";

/** What this laptop is in every conversation. */
export interface LocalPeer {
  readonly clock: Clock;
  /** The channel both must follow; undefined: none yet, so every neighbour is refused. */
  channel(): string | undefined;
  report(): Report;
  /** Answers requests, from our repository and from what is on its way there. */
  readonly sharing: Pick<Sharing, "serve" | "cancel" | "forget">;
  /** Names a delta that a neighbour at version `at` asks for. Throws `delta-pending`, `no-path`. */
  delta(request: GetDelta, at: number): Promise<BlobRecord>;
  /** Carries out a teacher's order. Throws `not-allowed` and what the order itself can throw. */
  obey(order: Envelope, challenge: string): Promise<void>;
  /** A neighbour has said hello. */
  onOpen(link: PeerLink): void;
  /** The neighbour said something of itself: at hello, and whenever it changes. */
  onReport(report: Report, link: PeerLink): void;
  /** An announcement or a query came over the connection; nothing of it has been checked yet. */
  onPacket(packet: Uint8Array, link: PeerLink): void;
}

export interface PeerLink {
  /** The laptop id that the neighbour claims. */
  readonly id: string;
  readonly address: string;
  /** What the next order that it is given must repeat. */
  readonly challenge: string;
  /** It gave an order that was obeyed: a teacher of this laptop, not somebody who says so. */
  readonly hasOrdered: boolean;
  readonly asker: Asker;
  sendReport(report: Report): void;
  /** Sends an announcement or a query. */
  sendPacket(packet: Uint8Array): void;
  close(): void;
  /** Closes it as soon as the neighbour follows no blob here any more, or after a while. */
  release(): void;
  /** Resolves once the connection is gone. */
  readonly closed: Promise<void>;
}
