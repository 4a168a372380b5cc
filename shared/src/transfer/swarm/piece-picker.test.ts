import { describe, expect, it } from "vitest";
import { seededRandom } from "../../testing/random.ts";
import { pieceBits } from "../messages/piece-bits.ts";
import { Member } from "./member.ts";
import { PiecePicker } from "./piece-picker.ts";

const PIECES = 6;

function memberWith(...pieces: number[]): Member {
  return new Member({
    bits: pieceBits(PIECES, (index) => pieces.includes(index)),
    askPiece: () => ({ answer: new Promise(() => {}), cancel() {} }),
    onLeft() {},
  });
}

/** A picker that these members have joined. */
function pickerFor(missing: number[], members: readonly Member[], random = () => 0.5) {
  const picker = new PiecePicker(PIECES, missing, random);
  for (const member of members) picker.addMember(member);
  return picker;
}

describe("a piece picker", () => {
  it("picks the rarest missing piece, wherever it stands, of a member that has it", () => {
    for (const rare of [0, 1, 2]) {
      const all = memberWith(0, 1, 2, 3);
      const others = [0, 1, 2].filter((index) => index !== rare);
      const picker = pickerFor([0, 1, 2], [all, memberWith(...others), memberWith(...others)]);
      const few = memberWith(...others);
      picker.addMember(few);
      expect(picker.pick([few, all])).toMatchObject({ member: all, index: rare });
    }
  });

  it("asks the first of the members that have an equally rare piece", () => {
    const [first, second] = [memberWith(0), memberWith(1)];
    const picker = pickerFor([0, 1], [first, second]);
    expect(picker.pick([first, second])).toMatchObject({ member: first, index: 0 });
    expect(picker.pick([second, first])).toMatchObject({ member: second, index: 1 });
  });

  it("picks each of equally rare pieces about as often", () => {
    const member = memberWith(0, 1, 2, 3);
    const picker = pickerFor([0, 1, 2, 3], [member], seededRandom(7));
    const times = [0, 0, 0, 0];
    for (let picks = 0; picks < 4_000; picks++) {
      const index = picker.pick([member])?.index ?? 0;
      times[index] = (times[index] ?? 0) + 1;
    }
    for (const count of times) expect(Math.abs(count - 1_000)).toBeLessThan(100);
  });

  it("picks nothing that is here, that somebody is asked for, or that nobody has", () => {
    const member = memberWith(0, 1, 2);
    const picker = pickerFor([1, 2, 3], [member]);
    picker.take(1);
    expect(picker.pick([member])?.index).toBe(2);
    expect(picker.arrive(2)).toBe(true);
    expect(picker.pick([member])).toBeUndefined();
    expect(picker.pick([])).toBeUndefined();
    picker.putBack(1);
    expect(picker.pick([member])?.index).toBe(1);
  });

  it("knows what is missing: what has come is not asked for again, and counts once", () => {
    const picker = pickerFor([1, 2, 3], []);
    expect([picker.missingCount(), picker.shareHere()]).toEqual([3, 0.5]);
    expect([picker.arrive(1), picker.arrive(1), picker.arrive(0)]).toEqual([true, false, false]);
    picker.putBack(1);
    expect([picker.missingCount(), picker.pick([memberWith(1)])]).toEqual([2, undefined]);
  });

  it("counts who comes, who leaves, and what a member gains or turns out not to have", () => {
    const all = memberWith(0, 1);
    const some = memberWith(0);
    const picker = pickerFor([0, 1], [all, some]);
    const rarest = () => picker.pick([all])?.index;
    expect(rarest()).toBe(1);
    const late = memberWith(1);
    picker.addMember(late);
    picker.gain(some, 1);
    expect(rarest()).toBe(0);
    // Nothing new: it is known to have that.
    picker.gain(some, 0);
    expect(rarest()).toBe(0);
    picker.removeMember(late);
    picker.addMember(memberWith(0));
    expect(rarest()).toBe(1);
    expect(picker.lose(some, 0)).toBe(false);
    picker.addMember(memberWith(1));
    expect(rarest()).toBe(0);
    // It is not known to have that any more, so nothing is lost with it.
    picker.lose(some, 0);
    picker.addMember(memberWith(0));
    picker.addMember(memberWith(0));
    expect(rarest()).toBe(1);
  });

  it("ignores a number that the blob does not have", () => {
    const member = memberWith();
    const picker = pickerFor([0], [member]);
    picker.gain(member, PIECES);
    picker.gain(member, PIECES - 1);
    expect([member.has(PIECES), member.has(PIECES - 1)]).toEqual([false, true]);
  });

  it("finds a member useful that has anything missing", () => {
    const picker = pickerFor([0, 3], []);
    expect([memberWith(1, 2), memberWith(1, 3)].map((one) => picker.isUseful(one))).toEqual([
      false,
      true,
    ]);
    picker.arrive(3);
    expect(picker.isUseful(memberWith(1, 3))).toBe(false);
  });
});
