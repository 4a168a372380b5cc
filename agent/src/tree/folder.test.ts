import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { treeId } from "@infield/shared/tree";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openTree } from "./open-tree.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "infield-folder-"));
  chmodSync(root, 0o755);
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const at = (name: string) => join(root, name);
const open = (path = root, owners = false) => openTree(path, { owners });
const codeOf = (path = root) =>
  open(path).then(
    () => "no error",
    (error: unknown) =>
      error instanceof InfieldError ? error.code : `not an InfieldError: ${error}`,
  );

/** Root reads everything; as root the action runs as "nobody". */
async function withoutRoot<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  process.seteuid?.(65534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}

it("records files, folders and links with their modes, and follows no link", async () => {
  mkdirSync(at("d"));
  chmodSync(at("d"), 0o1777);
  writeFileSync(at("d/su"), "abc");
  chmodSync(at("d/su"), 0o4755);
  symlinkSync("/etc/passwd", at("absolute"));
  symlinkSync("nowhere", at("dangling"));
  symlinkSync("d", at("to a folder"));
  const tree = await open();
  expect(tree.manifest.entries).toEqual([
    { kind: "link", path: "absolute", uid: 0, gid: 0, target: "/etc/passwd" },
    { kind: "dir", path: "d", uid: 0, gid: 0, mode: 0o1777 },
    expect.objectContaining({ kind: "file", path: "d/su", mode: 0o4755, size: 3 }),
    { kind: "link", path: "dangling", uid: 0, gid: 0, target: "nowhere" },
    { kind: "link", path: "to a folder", uid: 0, gid: 0, target: "d" },
  ]);
  expect(Buffer.from(await tree.open("d/su").read(1, 2)).toString()).toBe("bc");
});

it("keeps owners when asked to", async () => {
  writeFileSync(at("f"), "");
  const { entries } = (await open(root, true)).manifest;
  expect(entries).toMatchObject([{ uid: process.getuid?.(), gid: process.getgid?.() }]);
});

it("keeps case twins, backslashes, Arabic and Khmer", async () => {
  for (const name of ["README", "readme", "a\\b", "مرحبا", "ខ្មែរ"]) writeFileSync(at(name), name);
  expect((await open()).manifest.entries.map(({ path }) => path)).toEqual([
    "README",
    "a\\b",
    "readme",
    "مرحبا",
    "ខ្មែរ",
  ]);
});

it("refuses a name that is not UTF-8, and says which", async () => {
  writeFileSync(Buffer.concat([Buffer.from(`${root}/caf`), Buffer.of(0xe9)]), "");
  await expect(open()).rejects.toMatchObject({ code: "path-invalid", message: /café/ });
});

it("refuses a link to a name that is not UTF-8", async () => {
  symlinkSync(Buffer.of(0xe9), at("link"));
  expect(await codeOf()).toBe("path-invalid");
});

it("refuses a FIFO by its name, without waiting for anybody to write to it", async () => {
  mkdirSync(at("run"));
  execFileSync("mkfifo", [at("run/pipe")]);
  await expect(open()).rejects.toMatchObject({
    code: "unsupported-entry",
    message: /run\/pipe.*FIFO/,
  });
  expect(await codeOf(at("run/pipe"))).toBe("not-a-tree");
});

it("refuses a file and a folder it may not read (as root the test becomes nobody)", async () => {
  writeFileSync(at("secret"), "x");
  chmodSync(at("secret"), 0);
  await withoutRoot(async () => expect(await codeOf()).toBe("unreadable-file"));
  rmSync(at("secret"));
  mkdirSync(at("closed"));
  chmodSync(at("closed"), 0);
  await withoutRoot(async () => {
    expect(await codeOf()).toBe("unreadable-file");
    expect(await codeOf(at("closed"))).toBe("unreadable-file");
  });
  chmodSync(at("closed"), 0o755);
});

it("refuses what is not there and what is no archive", async () => {
  writeFileSync(at("text"), "just text");
  writeFileSync(at("nothing"), "");
  expect(await codeOf(at("absent"))).toBe("not-a-tree");
  expect(await codeOf(at("text"))).toBe("not-a-tree");
  expect(await codeOf(at("nothing"))).toBe("not-a-tree");
  expect(await codeOf("/dev/null")).toBe("not-a-tree");
});

it("notices a file that changes while it is read", async () => {
  writeFileSync(at("log"), "one");
  const tree = await open();
  appendFileSync(at("log"), "two");
  await expect(tree.open("log").read(0, 3)).rejects.toMatchObject({ code: "unreadable-file" });
  writeFileSync(at("log"), "two");
  utimesSync(at("log"), 1, 1);
  await expect(tree.open("log").read(0, 3)).rejects.toMatchObject({ code: "unreadable-file" });
  rmSync(at("log"));
  symlinkSync("/etc/passwd", at("log"));
  await expect(tree.open("log").read(0, 3)).rejects.toMatchObject({ code: "unreadable-file" });
});

it("of a system is not looked into where it is kept out, and is the same as its tar", async () => {
  mkdirSync(at("etc"));
  mkdirSync(at("run/closed"), { recursive: true });
  writeFileSync(at("etc/os-release"), "NAME=test\n");
  writeFileSync(at("etc/machine-id"), "6d\n");
  writeFileSync(at(".infieldignore"), "*.log\n");
  writeFileSync(at("a.log"), "");
  execFileSync("mkfifo", [at("run/pipe")]);
  const options = { owners: false, excludes: { patterns: [], defaults: true } };
  const folder = await openTree(root, options);
  expect(folder.manifest.entries.map(({ path }) => path)).toEqual([
    ...["etc", "etc/os-release", "run"],
  ]);
  execFileSync("tar", ["-cf", `${root}.tar`, "-C", root, "."]);
  const tar = await openTree(`${root}.tar`, options);
  rmSync(`${root}.tar`);
  await tar.close();
  expect(tar.manifest).toEqual(folder.manifest);
  expect(tar.report).toEqual(folder.report);
  expect(folder.report.excluded).toMatchObject([
    { pattern: "*.log", origin: "file", count: 1 },
    { pattern: "/etc/machine-id", origin: "default", count: 1 },
    { pattern: "/run/*", origin: "default", count: 2 },
  ]);
});

it("knows the word for the empty tree", async () => {
  const empty = await open("empty");
  expect(treeId(empty.manifest)).toBe(treeId((await open()).manifest));
  expect(empty.manifest.entries).toEqual([]);
  await empty.close();
});

it("reads 5,000 small files without holding them open", async () => {
  for (let i = 0; i < 5000; i++) {
    if (i % 100 === 0) mkdirSync(at(`d${i / 100}`));
    writeFileSync(at(`d${Math.floor(i / 100)}/f${i}`), `${i}`);
  }
  let done = 0;
  const tree = await openTree(root, {
    owners: false,
    onProgress: ({ doneBytes }) => (done = doneBytes),
  });
  expect(tree.manifest.entries).toHaveLength(5050);
  expect(done).toBe(18_890);
});
