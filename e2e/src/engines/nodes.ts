/** The Node versions that `engines` promises, from the packages that carry Node itself. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The lowest that `engines` allows, and the newest of each later line with long-term support. */
export const NODE_VERSIONS = ["20.19.0", "22.23.5", "24.22.3"] as const;

const KEPT = fileURLToPath(
  new URL("../../../node_modules/.cache/infield-engines", import.meta.url),
);

/** The folder that holds `node` of this version, fetched once. Throws what npm says. */
export function installNode(version: string): string {
  const name = `node-${process.platform}-${process.arch}`;
  const folder = join(KEPT, version);
  const bin = join(folder, "node_modules", name, "bin");
  if (!existsSync(join(bin, "node"))) {
    mkdirSync(folder, { recursive: true });
    const options = [
      "--prefix",
      folder,
      "--no-save",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
    ];
    execFileSync("npm", ["install", ...options, `${name}@${version}`], { stdio: "pipe" });
  }
  return bin;
}
