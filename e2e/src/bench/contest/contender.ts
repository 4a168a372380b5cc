/**
 * What stands in the table: something that makes a delta of a pair of trees and applies it, ours or
 * a peer's.
 */
import type { Meter } from "./meter.ts";

/** A pair, in every form that some contender wants; forms are made before the clock starts. */
export interface Ground {
  readonly old: string;
  readonly next: string;
  /** Both trees as tars with sorted names and without times and owners. */
  readonly oldTar: string;
  readonly nextTar: string;
  /**
   * Both trees with what gzip and zip files hold beside them instead of them; none where nothing is
   * packed.
   */
  readonly unpacked?: { readonly oldTar: string; readonly nextTar: string };
}

export interface Contender {
  /** As the table names it. */
  readonly name: string;
  readonly ours: boolean;
  /** Programs it runs. Where one is not on PATH, the contender is named as missing. */
  readonly programs: readonly string[];
  /** Which version of them this is; for ours, which checkout is no version worth a line. */
  version(): string;
  /** Whether it can do anything with this pair that another contender does not do already. */
  suits(ground: Ground): boolean;
  /**
   * Makes the delta inside `work`, an empty folder, and gives the bytes that travel. Preparations
   * are not metered.
   */
  create(ground: Ground, work: string, meter: Meter): number;
  /** Applies it, and says what differs from the new version: nothing, if all is well. */
  apply(ground: Ground, work: string, meter: Meter): string[];
}
