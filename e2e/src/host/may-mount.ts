/** Whether mounts can be tried here: as root on Linux, with a mount namespace of one's own. */
import { execFileSync } from "node:child_process";

export const mayMount = process.platform === "linux" && process.getuid?.() === 0 && tries();
/** Says in a test's name why it may be skipped. */
export const WITH_MOUNTS = "(skipped where there is no root that may mount)";

function tries(): boolean {
  try {
    const script = "mount -t tmpfs tmpfs /mnt && chroot / true";
    execFileSync("unshare", ["--mount", "--propagation", "private", "sh", "-c", script], {
      stdio: "ignore",
    });
    return true;
  } catch {
    return false;
  }
}
