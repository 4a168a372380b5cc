/** Archives made by the real tar and zip, each compared with the folder it was made from. */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  linkSync,
  mkdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { toFormat1, treeId } from "@infield/shared/tree";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { at, codeOf, has, idOf, pathsOf, read, tar, work } from "./archive-samples.ts";
import { openTree } from "./open-tree.ts";

const tree = join(work, "tree");
afterAll(() => rmSync(work, { recursive: true, force: true }));

beforeAll(() => {
  const long = "long".repeat(30);
  mkdirSync(join(tree, "bin"), { recursive: true });
  mkdirSync(join(tree, long, long), { recursive: true });
  mkdirSync(join(tree, "empty"));
  writeFileSync(join(tree, "bin/su"), "root please\n");
  chmodSync(join(tree, "bin/su"), 0o4755);
  linkSync(join(tree, "bin/su"), join(tree, "hard"));
  symlinkSync("bin/su", join(tree, "soft -> link"));
  symlinkSync(`/nowhere/${long}${long}`, join(tree, "dangling"));
  writeFileSync(join(tree, long, long, long), "deep");
  writeFileSync(join(tree, "nothing"), "");
  writeFileSync(join(tree, "back\\slash"), "\\");
  writeFileSync(join(tree, "مرحبا ខ្មែរ"), "names");
  writeFileSync(join(tree, "large"), Buffer.alloc(3_000_000, "infield "));
  chmodSync(join(tree, "large"), 0o444);
});

describe("an archive is the same tree as the folder it was made from", () => {
  it.each(["gnu", "pax"])(
    "tar --format=%s, with long names, hard links, setuid",
    async (format) => {
      tar(`--format=${format}`, "-cf", `${format}.tar`, "-C", "tree", ".");
      expect(await idOf(at(`${format}.tar`))).toBe(await idOf(tree));
    },
  );

  it.each(["ustar", "v7", "oldgnu"])("tar --format=%s", async (format) => {
    tar(
      `--format=${format}`,
      "-cf",
      `${format}.tar`,
      "-C",
      "tree",
      "bin",
      "hard",
      "large",
      "nothing",
    );
    tar("-cf", "same.tar", "-C", "tree", "bin", "hard", "large", "nothing");
    expect(await idOf(at(`${format}.tar`))).toBe(await idOf(at("same.tar")));
    expect(await pathsOf(at(`${format}.tar`))).toEqual([
      "bin",
      "bin/su",
      "hard",
      "large",
      "nothing",
    ]);
  });

  it("tar --listed-incremental, whose headers hold times where POSIX has a prefix", async () => {
    tar(
      "--format=gnu",
      `--listed-incremental=${at("snapshot")}`,
      "-cf",
      "incremental.tar",
      "-C",
      "tree",
      ".",
    );
    expect(await idOf(at("incremental.tar"))).toBe(await idOf(tree));
  });

  it("tar.gz, whatever it is called", async () => {
    tar("-czf", "packed.zip", "-C", "tree", ".");
    expect(await idOf(at("packed.zip"))).toBe(await idOf(tree));
  });

  it.each([
    ["xz", ["--xz"]],
    ["zst", ["--zstd"]],
    ["bz2", ["--bzip2"]],
  ])("tar.%s, which is damaged where it breaks off", async (ending, flags) => {
    tar(...flags, "-cf", `packed.${ending}`, "-C", "tree", ".");
    expect(await idOf(at(`packed.${ending}`))).toBe(await idOf(tree));
    const bytes = readFileSync(at(`packed.${ending}`));
    writeFileSync(at("cut"), bytes.subarray(0, bytes.length - 5));
    expect(await codeOf(at("cut"))).toBe("archive-damaged");
  });

  it.skipIf(!has("zip", "-v"))("zip -y (when zip is installed)", async () => {
    execFileSync("zip", ["-qry", "../tree.zip", "."], { cwd: tree });
    // A zip knows no hard links: each name is a file of its own.
    const { manifest } = await read(tree);
    expect(await idOf(at("tree.zip"))).toBe(treeId(toFormat1(manifest)));
  });

  it("with a pax header for every size and owner, when kept", async () => {
    tar(
      "--format=pax",
      "--owner=:4000000000",
      "--group=:3000000",
      "-cf",
      "owned.tar",
      "-C",
      "tree",
      "large",
    );
    const [entry] = (await read(at("owned.tar"), true)).manifest.entries;
    expect(entry).toMatchObject({ uid: 4_000_000_000, gid: 3_000_000, mode: 0o444 });
    tar(
      "--format=gnu",
      "--owner=:4000000000",
      "--group=:3000000",
      "-cf",
      "based.tar",
      "-C",
      "tree",
      "large",
    );
    expect((await read(at("based.tar"), true)).manifest.entries).toEqual([entry]);
    expect((await read(at("owned.tar"))).manifest.entries).toMatchObject([{ uid: 0, gid: 0 }]);
  });

  it("and its files can be read at any place", async () => {
    tar("-czf", "ranges.tgz", "-C", "tree", ".");
    const opened = await openTree(at("ranges.tgz"), { owners: false });
    const whole = readFileSync(join(tree, "large"));
    for (const [offset, length] of [
      [0, 10],
      [1_048_570, 20],
      [2_999_999, 1],
      [5, 2_000_000],
    ] as const) {
      const bytes = await opened.open("large").read(offset, length);
      expect(Buffer.compare(bytes, whole.subarray(offset, offset + length))).toBe(0);
    }
    await expect(opened.open("large").read(2_999_999, 2)).rejects.toMatchObject({
      code: "unreadable-file",
    });
    await opened.close();
  });
});
