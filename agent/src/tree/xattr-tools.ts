/**
 * Extended attributes of a folder, by the programs `getfattr` and `setfattr` (Debian's package
 * attr), as Node has no call for them: one process for a whole tree, which reads or writes a list.
 */
import { spawn } from "node:child_process";
import { lstatSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { InfieldError } from "@infield/shared/base";
import type { Entry, FileEntry, Xattr } from "@infield/shared/tree";
import { errorCode } from "../host/file-source.ts";

/** Attributes by path; `.` is the folder itself. */
export type XattrsByPath = ReadonlyMap<string, readonly Xattr[]>;

/**
 * All attributes below a folder that this user may see; undefined where `getfattr` is not
 * installed. Links are not followed. Throws `unreadable-file`, AbortError.
 */
export async function readXattrs(
  folder: string,
  signal?: AbortSignal,
): Promise<XattrsByPath | undefined> {
  const args = ["--recursive", "--no-dereference", "--physical", "--dump", "--match=-"];
  // What it may not read it leaves out, and whoever reads the files says so.
  const done = await run("getfattr", [...args, "--encoding=base64", "."], folder, "", signal);
  return done && parseDump(done.output);
}

/**
 * Gives entries of a tree in `folder` their attributes; those without are left alone. Throws
 * `needs-xattrs` when a program or the filesystem cannot.
 */
export async function writeXattrs(folder: string, entries: readonly Entry[]): Promise<void> {
  const lines = entries.flatMap((entry) =>
    entry.kind === "hard-link" || entry.xattrs === undefined
      ? []
      : [`# file: ${quote(entry.path)}`, ...entry.xattrs.map(formatAttribute), ""],
  );
  if (lines.length === 0) return;
  const dump = `${lines.join("\n")}\n`;
  const done = await run("setfattr", ["--no-dereference", "--restore=-"], folder, dump);
  if (done === undefined) throw xattrsNeeded("the program setfattr is not installed");
  if (done.problem !== undefined) throw xattrsNeeded(done.problem);
}

/**
 * Throws `needs-xattrs` unless attributes can be set in `folder`, which is tried on a file of its
 * own, and read back.
 */
export async function checkXattrs(folder: string): Promise<void> {
  const probe: FileEntry = {
    ...{ kind: "file", path: ".xattrs.new", uid: 0, gid: 0, mode: 0o600, size: 0, sha256: "" },
    xattrs: [{ name: "user.infield", value: "" }],
  };
  const path = join(folder, probe.path);
  try {
    await writeFile(path, "");
    await writeXattrs(folder, [probe]);
    if ((await run("getfattr", ["--version"], folder, "")) === undefined)
      throw xattrsNeeded("the program getfattr is not installed");
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * Runs a program in `folder`: its output and, unless all went well, the first thing it complained
 * of. Undefined where it is not installed. A tree may hold names in any encoding, so nothing is
 * decoded here.
 */
async function run(
  program: string,
  args: readonly string[],
  folder: string,
  input: string,
  signal?: AbortSignal,
): Promise<{ output: Uint8Array; problem: string | undefined } | undefined> {
  const child = spawn(program, args, {
    cwd: folder,
    env: { ...process.env, LC_ALL: "C" },
    ...(signal && { signal }),
  });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  // A program that ends early closes its input: what matters is what it says then.
  child.stdin.on("error", () => {});
  child.stdin.end(input);
  try {
    const [output, errors, code] = await Promise.all([
      buffer(child.stdout),
      buffer(child.stderr),
      ended,
    ]);
    const problem =
      code === 0 ? undefined : (errors.toString("utf8").split("\n")[0] ?? "it failed");
    return { output, problem };
  } catch (error) {
    // Also what a missing folder gives (posix_spawn), which is another thing.
    if (errorCode(error) === "ENOENT" && isFolder(folder)) return undefined;
    throw error;
  }
}

function isFolder(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

/** `# file: PATH`, then `NAME=0sBASE64` lines, then an empty one, for each file that has any. */
function parseDump(dump: Uint8Array): XattrsByPath {
  const found = new Map<string, Xattr[]>();
  let current: Xattr[] = [];
  // Bytes as characters, which `unquote` puts together again.
  for (const line of Buffer.from(dump).toString("latin1").split("\n")) {
    if (line.startsWith("# file: ")) {
      current = [];
      found.set(unquote(line.slice("# file: ".length)), current);
    }
    const [, name = "", value = ""] = /^([^#=][^=]*)=0s(.*)$/.exec(line) ?? [];
    if (name !== "") current.push({ name: unquote(name), value });
  }
  return found;
}

function formatAttribute({ name, value }: Xattr): string {
  // What getfattr writes of an empty value (`0s`), setfattr does not read.
  return `${quote(name).replaceAll("=", "\\075")}=${value === "" ? '""' : `0s${value}`}`;
}

/** Backslashes and line breaks in octal, as both programs write and read them. */
function quote(name: string): string {
  return name.replaceAll("\\", "\\134").replaceAll("\n", "\\012").replaceAll("\r", "\\015");
}

/** Text that is not UTF-8 becomes the replacement character, and is the name of nothing. */
function unquote(text: string): string {
  const bytes = text.replace(/\\([0-7]{3})/g, (_, octal: string) =>
    String.fromCharCode(Number.parseInt(octal, 8)),
  );
  return Buffer.from(bytes, "latin1").toString("utf8");
}

export function xattrsNeeded(reason: string): InfieldError {
  return new InfieldError(
    "needs-xattrs",
    `the tree holds extended attributes, such as capabilities, which cannot be set here: ${reason}`,
    "install setfattr (Debian: the package attr) and use a filesystem with extended attributes",
  );
}
