/**
 * For tests: a place to make archives in, the programs that make them, and tar members no program
 * would make.
 */
import { execFileSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InfieldError } from "@infield/shared/base";
import { type InputTree, treeId } from "@infield/shared/tree";
import { openTree } from "./open-tree.ts";

/** A folder of its own for every test file; whoever uses it removes it. */
export const work = mkdtempSync(join(tmpdir(), "infield-archives-"));
export const at = (name: string) => join(work, name);

export const has = (command: string, ...args: string[]) => {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
};
export const tar = (...args: string[]) =>
  execFileSync("tar", args, { cwd: work, stdio: ["ignore", "ignore", "pipe"] });
export const python = (script: string) =>
  execFileSync("python3", ["-c", script], { cwd: work, stdio: "pipe" });

export async function read(path: string, owners = false): Promise<InputTree> {
  const opened = await openTree(path, { owners });
  await opened.close();
  return opened;
}
export const idOf = async (path: string) => treeId((await read(path)).manifest);
export const pathsOf = async (path: string) =>
  (await read(path)).manifest.entries.map((entry) => entry.path);
export const codeOf = (path: string) =>
  read(path).then(
    () => "no error",
    (error: unknown) =>
      error instanceof InfieldError ? error.code : `not an InfieldError: ${error}`,
  );

/** One tar member as ustar writes it, for what no tar would make. */
export function member(
  name: string,
  type: string,
  data = "",
  fields: { link?: string; size?: string } = {},
): Buffer {
  const header = Buffer.alloc(512);
  header.write(name, 0);
  header.write("0000644\0", 100);
  header.write("0000000\0", 108);
  header.write("0000000\0", 116);
  header.write(fields.size ?? data.length.toString(8).padStart(11, "0"), 124, "latin1");
  header.write("        ", 148);
  header.write(type, 156);
  header.write(fields.link ?? "", 157);
  header.write("ustar\x0000", 257);
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, "0")}\0 `,
    148,
  );
  return Buffer.concat([
    header,
    Buffer.from(data),
    Buffer.alloc((512 - (data.length % 512)) % 512),
  ]);
}
export const END = Buffer.alloc(1024);
export const pax = (record: string) => {
  const length = `${record.length + 4} ${record}\n`;
  return member("pax", "x", length);
};
export function writeTar(...members: Buffer[]): string {
  const path = at(`made-${Math.random().toString(36).slice(2)}.tar`);
  writeFileSync(path, Buffer.concat([...members, END]));
  return path;
}
