/** Our BSDIFF40 against the real programs of Debian's package `bsdiff` (4.3), both ways. */

import { execFileSync } from "node:child_process";
import { accessSync, constants, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { loadCodec } from "./load-node.ts";

const codec = await loadCodec();

function isOnPath(program: string): boolean {
  return (process.env.PATH ?? "").split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const peersAreHere = isOnPath("bsdiff") && isOnPath("bspatch");
const reason = peersAreHere ? "" : " (skipped: bsdiff and bspatch are not installed)";

const words = (count: number, seed: number) =>
  Buffer.from(Array.from({ length: count }, (_, at) => `${(at * seed) % 977} `).join(""));

const old = words(20_000, 31);
const pairs: [string, Buffer, Buffer][] = [
  [
    "an edited file",
    old,
    Buffer.concat([old.subarray(9_000), Buffer.from("new"), old.subarray(0, 8_000)]),
  ],
  ["a file that starts elsewhere in the old one", old, old.subarray(5_000)],
  ["unrelated files", words(300, 7), words(400, 13)],
  ["an empty new file", old, Buffer.alloc(0)],
  ["an empty old file", Buffer.alloc(0), old],
  ["equal files", old, old],
];

describe.skipIf(!peersAreHere)(`BSDIFF40 and the real bsdiff 4.3${reason}`, () => {
  const folder = mkdtempSync(join(tmpdir(), "infield-bsdiff-"));
  const [base, target, patch] = ["base", "target", "patch"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(pairs)("bspatch accepts our patch: %s", (_name, from, to) => {
    writeFileSync(base, from);
    writeFileSync(patch, codec.encodeBsdiff40(from, to));
    execFileSync("bspatch", [base, target, patch]);
    expect(readFileSync(target).equals(to)).toBe(true);
  });

  // bsdiff itself cannot map an empty file into memory.
  const notEmpty = pairs.filter(([, from, to]) => from.length > 0 && to.length > 0);
  test.each(notEmpty)("we read what bsdiff writes: %s", (_name, from, to) => {
    writeFileSync(base, from);
    writeFileSync(target, to);
    execFileSync("bsdiff", [base, target, patch]);
    expect(to.equals(codec.decodeBsdiff40(from, readFileSync(patch), to.length))).toBe(true);
  });

  test("no flipped byte of a patch makes us panic or give more than allowed", () => {
    const genuine = codec.encodeBsdiff40(words(300, 7), words(300, 9));
    for (let at = 0; at < genuine.length; at++) {
      try {
        const flipped = genuine.with(at, (genuine[at] ?? 0) ^ 0x81);
        expect(codec.decodeBsdiff40(words(300, 7), flipped, 5_000).length).toBeLessThanOrEqual(
          5_000,
        );
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^bsdiff-/) });
      }
    }
  });
});
