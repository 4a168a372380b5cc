import { sha256 } from "@noble/hashes/sha2.js";
import { describe, expect, it } from "vitest";
import { utf8 } from "../../base/bytes.ts";
import { MAX_IGNORE_FILE_BYTES } from "../../base/limits.ts";
import { bytesSource } from "../source.ts";
import { collectTree, type FoundEntry } from "./collect.ts";
import { IGNORE_FILE } from "./exclude.ts";

const OWNER = { uid: 0, gid: 0 };
const file = (path: string, content = "x"): FoundEntry => ({
  ...{ kind: "file", path, mode: 0o644, ...OWNER, source: bytesSource(utf8(content)) },
});
const dir = (path: string): FoundEntry => ({ kind: "dir", path, mode: 0o755, ...OWNER });
const fifo = (path: string): FoundEntry => ({
  ...{ kind: "misfit", path, reason: "is a FIFO", code: "unsupported-entry" },
});
const OS_RELEASE = file("usr/lib/os-release");

async function collect(found: FoundEntry[], patterns: string[] = [], defaults = true) {
  const { manifest, report } = await collectTree(found, {
    createSha256: () => sha256.create(),
    excludes: { patterns, defaults },
  });
  return { paths: manifest.entries.map(({ path }) => path), excluded: report.excluded };
}

describe("patterns keep out what they match", () => {
  it("given by the volunteer, with what is in a directory, which counts as one", async () => {
    const found = [dir("var"), dir("var/log"), file("var/log/a"), file("b"), file("B")];
    const { paths, excluded } = await collect(found, ["/var/log/", "B"]);
    expect(paths).toEqual(["b", "var"]);
    expect(excluded).toEqual([
      { pattern: "/var/log/", origin: "option", count: 1, example: "var/log" },
      { pattern: "B", origin: "option", count: 1, example: "B" },
    ]);
  });

  it("whatever order an archive has", async () => {
    const found = [file("var/log/a"), file("var/log/b"), dir("var/log"), dir("var")];
    const { paths, excluded } = await collect(found, ["/var/log/"]);
    expect(paths).toEqual(["var"]);
    expect(excluded).toMatchObject([{ count: 1, example: "var/log" }]);
  });

  it("from a file at the root, which is no part of the tree, with comments", async () => {
    const ignored = file(IGNORE_FILE, "# logs\r\n\r\n*.log\r\n!keep.log\r\n");
    const { paths, excluded } = await collect([ignored, file("a.log"), file("keep.log")]);
    expect(paths).toEqual(["keep.log"]);
    expect(excluded).toMatchObject([{ pattern: "*.log", origin: "file", count: 1 }]);
  });
});

describe("a system", () => {
  it("is kept without what runs, and without what makes one machine another", async () => {
    const found = [
      ...[OS_RELEASE, dir("proc"), file("proc/1"), dir("dev"), fifo("dev/null"), file("tmp/a")],
      ...[file("etc/machine-id"), file("etc/ssh/ssh_host_rsa_key"), file("etc/ssh/ssh_config")],
    ];
    const { paths, excluded } = await collect(found);
    expect(paths).toEqual([
      ...["dev", "etc", "etc/ssh", "etc/ssh/ssh_config", "proc", "usr", "usr/lib"],
      "usr/lib/os-release",
    ]);
    expect(excluded.every(({ origin }) => origin === "default")).toBe(true);
    expect(excluded.map(({ example }) => example)).toEqual([
      ...["dev/null", "etc/machine-id", "etc/ssh/ssh_host_rsa_key", "proc/1", "tmp/a"],
    ]);
  });

  it("keeps an empty machine-id, as that says that laptops make their own", async () => {
    const { paths } = await collect([OS_RELEASE, file("etc/machine-id", "")]);
    expect(paths).toContain("etc/machine-id");
  });

  it("keeps what a pattern brings back", async () => {
    const { paths } = await collect([OS_RELEASE, file("tmp/a"), file("tmp/b")], ["!/tmp/a"]);
    expect(paths).toContain("tmp/a");
    expect(paths).not.toContain("tmp/b");
  });
});

it("nothing is kept out by default of what is no system, or where nobody wants it", async () => {
  expect((await collect([file("tmp/a")])).paths).toContain("tmp/a");
  expect((await collect([OS_RELEASE, file("tmp/a")], [], false)).paths).toContain("tmp/a");
});

it("what no tree can hold is refused all at once, with how many, unless it is kept out", async () => {
  const fifos = Array.from({ length: 7 }, (_, i) => fifo(`pipe-${i}`));
  await expect(collect(fifos)).rejects.toMatchObject({
    code: "unsupported-entry",
    message: expect.stringMatching(/^7 paths .*"pipe-0" is a FIFO.*, and 2 more$/),
  });
  expect((await collect([...fifos, file("a")], ["pipe-*"])).paths).toEqual(["a"]);
});

it("a path that leads out is refused, and no pattern looks at it", async () => {
  await expect(collect([file("../x")], ["x"])).rejects.toMatchObject({ code: "path-invalid" });
});

it("a file of patterns that is no such file is refused", async () => {
  const large = file(IGNORE_FILE, "x".repeat(MAX_IGNORE_FILE_BYTES + 1));
  await expect(collect([large])).rejects.toMatchObject({ code: "limit-exceeded" });
  const source = bytesSource(Uint8Array.of(0xff));
  const latin: FoundEntry = { kind: "file", path: IGNORE_FILE, mode: 0o644, ...OWNER, source };
  await expect(collect([latin])).rejects.toMatchObject({ code: "path-invalid" });
});
