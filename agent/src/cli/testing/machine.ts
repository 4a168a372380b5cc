/** What this machine lets a test do; a test that cannot run says why in its name. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

export const isRoot = process.getuid?.() === 0;
/** Undefined, or why this process cannot mount a disk of a few kilobytes. */
export const noMounts = isRoot ? tryMount() : "needs root";

/** Undefined, or why there is nothing here that makes a .zip. */
export const noZips = runs("python3", "--version") ? undefined : "needs python3";

/** Undefined, or why there is no real web server here. */
export const noNginx = runs("nginx", "-v") ? undefined : "needs nginx";

/** Undefined, or why there is nothing here that makes a certificate. */
export const noCertificates = runs("openssl", "version") ? undefined : "needs openssl";

/**
 * A small disk at `folder`, until the function that is returned is called. Only where `noMounts` is
 * undefined.
 */
export function mountSmallDisk(folder: string, kilobytes: number): () => void {
  execFileSync("mount", ["-t", "tmpfs", "-o", `size=${kilobytes}k`, "tmpfs", folder], {
    stdio: "pipe",
  });
  return () => execFileSync("umount", [folder]);
}

function runs(command: string, ...args: string[]): boolean {
  try {
    execFileSync(command, args, { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

function tryMount(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), "infield-mount-"));
  try {
    mountSmallDisk(folder, 64)();
    return undefined;
  } catch {
    return "mounting is not allowed here";
  } finally {
    rmSync(folder, { recursive: true });
  }
}
