/** What a scenario is asked for. */

export interface Options {
  /** Where everything is made; gone afterwards. */
  readonly folder: string;
  readonly laptops: number;
  readonly lossPercent: number;
  readonly minutes: number;
  /** Of the deltas. */
  readonly level: string;
  /** Tells a person who waits what is being done. */
  say(line: string): void;
}
