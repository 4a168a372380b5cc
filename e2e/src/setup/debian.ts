/** Debian's packages: installed where we are root on a Debian-like system. */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

export const mayInstall = process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");

export function updatePackageLists(): void {
  apt("update");
}

/** Throws when apt-get does, which has then said why. */
export function installPackages(packages: readonly string[]): void {
  apt("install", "-y", "--no-install-recommends", ...packages);
}

function apt(...args: readonly string[]): void {
  execFileSync("apt-get", ["-qq", "-o", "Dpkg::Use-Pty=0", ...args], {
    stdio: ["ignore", "ignore", "inherit"],
    // Run level 1: a service that comes with a package is not started.
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
}
