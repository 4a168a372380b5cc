/** A channel with two releases of the small system, and a packed agent as it lies on a laptop. */
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createTwoReleases, type TwoReleases } from "../harness/channel.ts";
import { writeSystem } from "./trees.ts";

const AGENT = fileURLToPath(new URL("../../../agent/", import.meta.url));
export const SERVICE = join(AGENT, "service");

export function makeSystemChannel(folder: string): Promise<TwoReleases> {
  const [old, next] = [1, 2].map((n) => writeSystem(join(folder, `system${n}`), n)) as [
    string,
    string,
  ];
  return createTwoReleases(folder, "System", { old, next }, "--health", "bin-check");
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
