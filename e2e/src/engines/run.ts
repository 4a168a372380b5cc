/**
 * `npm run test:engines [-- VERSION…]`: the quick tests of all parts but the page, and a packed
 * agent's first install and update, with each Node that `engines` promises.
 */
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { formatTable } from "../figures/table.ts";
import { removeTempFolders, tempFolder } from "../harness/temp.ts";
import { installNode, NODE_VERSIONS } from "./nodes.ts";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const VITEST = join(ROOT, "node_modules/vitest/vitest.mjs");
const PARTS = ["shared", "wasm", "agent"];

const asked = process.argv.slice(2);
const versions = asked.length > 0 ? asked : NODE_VERSIONS;
const rows: string[][] = [];
try {
  const packed = packAgent();
  for (const version of versions) rows.push(tryVersion(version, packed));
} finally {
  removeTempFolders();
}
console.log(`\n${formatTable(["Node", "tests", "packed agent"], rows)}`);
process.exitCode = rows.flat().includes("failed") ? 1 : 0;

function tryVersion(version: string, packed: string): string[] {
  console.log(`\nNode ${version}`);
  const bin = installNode(version);
  // For the processes that tests start, too.
  const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ""}` };
  const node = join(bin, "node");
  const projects = PARTS.flatMap((part) => ["--project", part]);
  const config = ["--config", "vitest.quick.config.ts", "--reporter", "dot"];
  const args = [VITEST, "run", ...config, ...projects];
  const tests = spawnSync(node, args, { cwd: ROOT, env, stdio: "inherit" });
  return [version, tests.status === 0 ? "passed" : "failed", tryPacked(node, packed)];
}

/** The folder that a laptop gets. */
function packAgent(): string {
  const folder = tempFolder("engines");
  const file = join(folder, "infield.tar.gz");
  execFileSync("npm", ["run", "pack", "--", file], { cwd: ROOT, stdio: "pipe" });
  execFileSync("tar", ["-C", folder, "-xzf", file]);
  return join(folder, "infield/bin/infield.js");
}

/** A volunteer's two releases, and a laptop that installs both and compares every file. */
function tryPacked(node: string, packed: string): string {
  const folder = tempFolder("engines");
  const at = (name: string) => join(folder, name);
  const run = (...args: string[]) => execFileSync(node, [packed, ...args], { stdio: "pipe" });
  const key = ["-d", at("repo"), "--key", at("key")];
  try {
    mkdirSync(at("tree"));
    run("channel", "create", "engines", ...key);
    for (const text of ["one\n", "two\n"]) {
      writeFileSync(at("tree/file"), text.repeat(10_000));
      run("release", "create", ...key, "--tree", at("tree"));
      run("install", at("repo"), "--root", at("root"));
      run("verify", "--root", at("root"));
    }
    return "passed";
  } catch (error) {
    console.error(String((error as { stderr?: Buffer }).stderr ?? error));
    return "failed";
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
