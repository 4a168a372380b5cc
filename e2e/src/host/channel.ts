/** A channel with two releases of the small system, and a packed agent as it lies on a laptop. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { infield } from "../harness/infield.ts";
import { writeSystem } from "./trees.ts";

const AGENT = fileURLToPath(new URL("../../../agent/", import.meta.url));
export const SERVICE = join(AGENT, "service");

export interface SystemChannel {
  /** With both releases. */
  readonly repository: string;
  /** With release 1 only. */
  readonly first: string;
}

export async function makeSystemChannel(folder: string): Promise<SystemChannel> {
  const [repository, key] = [join(folder, "repository"), join(folder, "channel.key")];
  const release = (...more: string[]) =>
    infield("release", "create", "-d", repository, "--key", key, "--health", "bin-check", ...more);
  const [one, two] = [1, 2].map((n) => writeSystem(join(folder, `system${n}`), n)) as [
    string,
    string,
  ];
  await infield("channel", "create", "System", "-d", repository, "--key", key);
  await release("--tree", one);
  const first = join(folder, "first");
  cpSync(repository, first, { recursive: true });
  await release("--tree", two, "--from", one);
  return { repository, first };
}

/** Packs the agent and unpacks it into `FOLDER/infield`, as on a laptop without npm. */
export function unpackAgent(folder: string): string {
  const file = join(folder, "infield.tar.gz");
  execFileSync(process.execPath, [join(AGENT, "pack.mjs"), file], {
    stdio: ["ignore", "ignore", "inherit"],
  });
  mkdirSync(folder, { recursive: true });
  execFileSync("tar", ["-C", folder, "-xzf", file]);
  return join(folder, "infield");
}
