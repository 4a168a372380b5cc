/**
 * The piece picker: which piece is asked for next, and of whom. The rarest piece first, so that
 * everybody comes to have something that others lack (docs/protocol.md, rule 10.4).
 */
import type { Member } from "./member.ts";

export interface Pick {
  readonly member: Member;
  readonly index: number;
}

export class PiecePicker {
  readonly #random: () => number;
  readonly #missing: Set<number>;
  /** Of the missing ones, those that nobody is asked for. */
  readonly #open: Set<number>;
  /** How many members have a piece; kept up for the missing ones only. */
  readonly #availability: Uint16Array;

  constructor(pieceCount: number, missing: readonly number[], random: () => number) {
    this.#random = random;
    this.#missing = new Set(missing);
    this.#open = new Set(missing);
    this.#availability = new Uint16Array(pieceCount);
  }

  missingCount(): number {
    return this.#missing.size;
  }

  /** The share of the blob that is here, 0 to 1. */
  shareHere(): number {
    return 1 - this.#missing.size / this.#availability.length;
  }

  addMember(member: Member): void {
    for (const index of this.#missing) if (member.has(index)) this.#count(index, 1);
  }

  removeMember(member: Member): void {
    for (const index of this.#missing) if (member.has(index)) this.#count(index, -1);
  }

  /** `member` has this piece too. A number that the blob does not have is ignored. */
  gain(member: Member, index: number): void {
    if (index < this.#availability.length && member.gain(index)) this.#count(index, 1);
  }

  /** `member` does not have this piece after all; true when it has broken its word too often. */
  lose(member: Member, index: number): boolean {
    if (member.has(index)) this.#count(index, -1);
    return member.lose(index);
  }

  /** Somebody is asked for this piece. */
  take(index: number): void {
    this.#open.delete(index);
  }

  /** Nobody is asked for this piece any more. */
  putBack(index: number): void {
    if (this.#missing.has(index)) this.#open.add(index);
  }

  /** This piece has come; false when it was there already. */
  arrive(index: number): boolean {
    this.#open.delete(index);
    return this.#missing.delete(index);
  }

  /** True when `member` has a missing piece. */
  isUseful(member: Member): boolean {
    for (const index of this.#missing) if (member.has(index)) return true;
    return false;
  }

  /** The rarest open piece that any of `members` has, from the first of those who have it. */
  pick(members: readonly Member[]): Pick | undefined {
    let best: (Pick & { readonly holders: number }) | undefined;
    for (const member of members) {
      const index = this.#rarestOf(member);
      if (index === undefined) continue;
      const holders = this.#availability[index] ?? 0;
      if (best === undefined || holders < best.holders) best = { member, index, holders };
    }
    return best;
  }

  /** Chance decides among equals, so that neighbours come to have different ones. */
  #rarestOf(member: Member): number | undefined {
    let found: number | undefined;
    let fewest = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const index of this.#open) {
      const holders = this.#availability[index] ?? 0;
      if (holders > fewest || !member.has(index)) continue;
      equals = holders < fewest ? 1 : equals + 1;
      fewest = holders;
      // Each of `equals` pieces is left standing with the same chance (reservoir sampling).
      if (this.#random() * equals < 1) found = index;
    }
    return found;
  }

  #count(index: number, by: number): void {
    this.#availability[index] = (this.#availability[index] ?? 0) + by;
  }
}
