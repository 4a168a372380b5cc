/** Tars by hand: what they mean, and which are refused. */
import { execFileSync } from "node:child_process";
import { rmSync, truncateSync, writeFileSync } from "node:fs";
import { afterAll, describe, expect, it } from "vitest";
import {
  at,
  codeOf,
  END,
  member,
  pathsOf,
  pax,
  read,
  tar,
  work,
  writeTar,
} from "./archive-samples.ts";

afterAll(() => rmSync(work, { recursive: true, force: true }));

describe("a tar", () => {
  it("loses a leading slash and ./, and its root entry", async () => {
    const path = writeTar(
      member("./", "5"),
      member("/etc/", "5"),
      member(".//etc/./passwd", "0", "root"),
    );
    expect(await pathsOf(path)).toEqual(["etc", "etc/passwd"]);
  });

  it("gets the directories it does not list", async () => {
    const { entries } = (await read(writeTar(member("a/b/c", "0", "x")))).manifest;
    expect(entries.slice(0, 2)).toMatchObject([
      { kind: "dir", path: "a", mode: 0o755 },
      { kind: "dir", path: "a/b", mode: 0o755 },
    ]);
  });

  it("means the last of two members of one name, but a hard link what was there before it", async () => {
    const path = writeTar(
      member("a", "0", "old"),
      member("h", "1", "", { link: "./a" }),
      member("a", "0", "newer"),
    );
    expect((await read(path)).manifest.entries).toMatchObject([
      { path: "a", size: 5 },
      { path: "h", size: 3 },
    ]);
  });

  it("takes the size of a pax header for the member, not for a GNU long name in between", async () => {
    const path = writeTar(
      pax("size=5"),
      member("long", "L", "renamed\0"),
      member("short", "0", "12345", { size: "00000000000" }),
      member("next", "0", "x"),
    );
    expect((await read(path)).manifest.entries).toMatchObject([
      { path: "next", size: 1 },
      { path: "renamed", size: 5 },
    ]);
  });

  it.each([
    ["path-invalid", [member("../up", "0", "x")]],
    ["path-invalid", [member("a/../../up", "0", "x")]],
    ["path-invalid", [pax("path=../up"), member("a", "0", "x")]],
    ["path-invalid", [member("h", "1", "", { link: "../../etc/passwd" })]],
    ["path-invalid", [member("a", "0", "x"), member("a/b", "0", "x")]],
    ["path-invalid", [member("a", "2", "", { link: "/tmp" }), member("a/b", "0", "x")]],
    ["path-invalid", [member("a", "2", "")]],
    ["path-invalid", [member("", "0", "x")]],
    ["archive-damaged", [member("h", "1", "", { link: "absent" })]],
    ["archive-damaged", [pax("size=99999999"), member("a", "0", "x")]],
    ["archive-damaged", [pax("size=-1"), member("a", "0", "x")]],
    ["archive-damaged", [member("pax", "x", "99 path=a\n"), member("a", "0", "x")]],
    ["archive-damaged", [member("pax", "x", "0 \n"), member("a", "0", "x")]],
    ["archive-damaged", [pax("path=a")]],
    [
      "archive-damaged",
      [member("a", "0", "x", { size: "\x80\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" })],
    ],
    [
      "archive-damaged",
      [member("a", "0", "x", { size: "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff" })],
    ],
    ["archive-damaged", [member("a", "0", "x", { size: "0000000000z" })]],
    ["archive-damaged", [member("a", "0", "x"), Buffer.alloc(512), member("b", "0", "x")]],
    ["unsupported-entry", [member("null", "3")]],
    ["unsupported-entry", [member("sda", "4")]],
    ["unsupported-entry", [member("pipe", "6")]],
    ["unsupported-entry", [member("odd", "Z")]],
    ["archive-damaged", [pax("GNU.sparse.major=1"), member("a", "0", "x")]],
    [
      "archive-damaged",
      [pax("GNU.sparse.map=0,9"), pax("GNU.sparse.size=9"), member("a", "0", "x")],
    ],
    [
      "archive-damaged",
      [pax("GNU.sparse.map=5,1,0,1"), pax("GNU.sparse.size=9"), member("a", "0", "xy")],
    ],
    ["archive-damaged", [pax("GNU.sparse.map=0"), pax("GNU.sparse.size=9"), member("a", "0", "x")]],
  ])("%s: %#", async (code, members) => {
    expect(await codeOf(writeTar(...members))).toBe(code);
  });

  it.each(["gnu", "pax"])("with a sparse file has it whole (--format=%s)", async (format) => {
    writeFileSync(at("holes"), "");
    truncateSync(at("holes"), 10_000_000);
    tar(`--format=${format}`, "--sparse", "-cf", "sparse.tar", "holes");
    const tree = await read(at("sparse.tar"));
    expect(tree.manifest.entries).toMatchObject([{ path: "holes", size: 10_000_000 }]);
    expect(await tree.open("holes").read(9_999_000, 1000)).toEqual(new Uint8Array(1000));
  });

  it("with a FIFO is refused", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    tar("-cf", "fifo.tar", "pipe");
    expect(await codeOf(at("fifo.tar"))).toBe("unsupported-entry");
  });

  it("without members is the empty tree", async () => {
    writeFileSync(at("none.tar"), END);
    expect(await pathsOf(at("none.tar"))).toEqual([]);
  });
});

describe("the header of a tar", () => {
  it("with any byte of it flipped is refused, but the one behind the checksum's NUL", async () => {
    const bytes = Buffer.concat([member("a", "0", "one"), member("b", "0", "two"), END]);
    for (let position = 0; position < 512; position++) {
      if (position === 155) continue;
      const flipped = Buffer.from(bytes);
      flipped[position] = (bytes[position] ?? 0) ^ 0x01;
      writeFileSync(at("flip.tar"), flipped);
      // A first block that is no header is no tar at all; the later ones are damage.
      expect(await codeOf(at("flip.tar")), `byte ${position}`).toBe("not-a-tree");
      writeFileSync(at("flip.tar"), Buffer.concat([member("first", "0", "x"), flipped]));
      expect(await codeOf(at("flip.tar")), `byte ${position}`).toBe("archive-damaged");
    }
  });
});
