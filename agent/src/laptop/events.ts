/**
 * What a running agent tells: plain objects, printed one a line by `infield agent --json`, so their
 * fields are an API.
 */
import type { InfieldError, Progress } from "@infield/shared/base";
import type { LaptopState } from "@infield/shared/transfer";
import type { WaitsFor } from "./waiting-file.ts";

export type AgentEvent =
  /** Everything runs. Said once. */
  | {
      event: "ready";
      laptop: string;
      version: number;
      pagePort: number;
      peerPort: number;
      channel?: string;
    }
  /**
   * The groups this laptop is in now: release groups of `version`, which is the one it waits for,
   * and the query group.
   */
  | { event: "listening"; version: number; groups: string[]; interfaces: string[] }
  /**
   * A datagram of this channel came in. `group` is the address it was sent to, `received` how many
   * came to that address since it was joined, others' included. `verdict` says what was done with
   * it.
   */
  | {
      event: "packet";
      kind: "announcement" | "query";
      version: number;
      from: string;
      group: string;
      received: number;
      verdict: Verdict;
    }
  /** This laptop tells its neighbours of a release from now on. */
  | { event: "announced"; version: number; urgent: boolean }
  /** A step of an update. */
  | {
      event: "update";
      state: LaptopState;
      target: number;
      progress?: Progress;
      waitsFor?: WaitsFor;
    }
  /** A delta that no release record names is made for a straggler; why it was not. */
  | { event: "delta"; state: "making"; from: number; to: number }
  | { event: "delta"; state: "made"; from: number; to: number; bytes: number }
  | { event: "delta"; state: "failed"; from: number; to: number; reason: string }
  | { event: "confirmed"; version: number }
  /** A version is installed, and the next boot leads to it, on trial. */
  | { event: "boot-needed"; version: number }
  | { event: "failed"; target: number; code: string; message: string; hint: string }
  | { event: "rolled-back"; version: number; left: number }
  /** Nothing newer is taken any more. */
  | { event: "held"; version: number }
  /** The hold was lifted. */
  | { event: "resumed"; version: number }
  /**
   * The command of `--on-switch` was told that `version` is in use; `from` is the one it was told
   * of before.
   */
  | { event: "told"; from: number; version: number }
  /** What the web server of `--upstream` says is the newest; `wanted`: this laptop has it not. */
  | { event: "upstream"; version: number; wanted: boolean }
  /** A connection to or from a neighbour; `id` is its laptop id. */
  | { event: "peer"; state: "connected" | "gone"; id: string; name: string; address: string }
  /** A laptop of this channel, as it tells of itself by mDNS: claims, as everything there. */
  | ({ event: "neighbour" } & Sighting)
  /**
   * Files of an installed version were damaged: paths that are right again, and that nobody has;
   * the first of each.
   */
  | { event: "repaired"; version: number; mended: string[]; left: string[] }
  /** The root has come to another machine, or was sealed: it is another laptop now. */
  | { event: "renamed"; laptop: string; was: string }
  /** At this address is a laptop with the id of this one, which takes another at its next start. */
  | { event: "clone"; address: string }
  /** The laptop is about to sleep: only an urgent release is heard from now on. */
  | { event: "asleep" }
  /** It is awake again, or was found to have slept. */
  | { event: "awake" }
  /**
   * Something that does not stop the agent: an interface that cannot multicast, an order that was
   * refused.
   */
  | { event: "problem"; code: string; message: string; hint: string };

/** Taken: acted on. The others say which check of docs/protocol.md, section 2, ended it. */
export type Verdict = "taken" | "not-wanted" | "forged" | "too-many";

export type OnEvent = (event: AgentEvent) => void;

export function tellProblem(onEvent: OnEvent, { code, message, hint }: InfieldError): void {
  onEvent({ event: "problem", code, message, hint });
}

/** A laptop that claims to be there. */
export interface Neighbour {
  /** Its laptop id, 16 hex digits. */
  readonly id: string;
  readonly name: string;
  /** The release in use there. */
  readonly release: number;
  /** Source address of the packets that told of it: a hint of where to dial (rules 2.2 and 7.6). */
  readonly address: string;
  /** TCP port of its peer listener, as far as it was heard. */
  readonly port?: number;
}

export type Sighting = { readonly state: "appeared" | "changed" | "gone" } & Neighbour;
