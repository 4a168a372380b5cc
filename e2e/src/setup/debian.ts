/**
 * Debian's packages for real peers in tests: a browser, bsdiff. Installed only where we are root on
 * a Debian-like system.
 */
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";

/** Installs a package. Throws one sentence that says what to install by hand. */
export function installDebianPackage(name: string): void {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new Error(
      `the tests need ${name}: install it with your package manager and run them again`,
    );
  }
  const apt = (...args: string[]) =>
    execFileSync("apt-get", ["-qq", "-o", "Dpkg::Use-Pty=0", ...args], {
      stdio: ["ignore", "ignore", "inherit"],
      // Run level 1: a service that comes with a package is not started.
      env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
    });
  apt("update");
  apt("install", "-y", "--no-install-recommends", name);
}
