/**
 * The programs that tests use and npm does not bring: real peers, servers, networks and
 * filesystems.
 */
import { findBrowser } from "../browser/browser.ts";
import { findOnPath } from "../harness/find-on-path.ts";

export interface Needed {
  /** As people call it. */
  readonly program: string;
  /** Debian's packages that bring it. */
  readonly packages: readonly string[];
  readonly for: string;
  /** Without it tests fail; without another they are skipped, and say so in their names. */
  readonly required: boolean;
  isHere(): boolean;
}

/** What programs are for that `npm run test:laptop` cannot do without. */
export const POWER_CUTS = "power cuts of a machine";

const DEBIAN: readonly (readonly [program: string, packages: string, use: string])[] = [
  ["cc", "gcc libc6-dev", "the fault suites"],
  ["mkfs.ext4", "e2fsprogs", "the fault suites on ext4"],
  ["mkfs.xfs", "xfsprogs", "the fault suites on XFS"],
  ["mkfs.btrfs", "btrfs-progs", "the fault suites on Btrfs"],
  ["ip", "iproute2", "rooms of laptops"],
  ["tc", "iproute2", "rooms of laptops"],
  ["nft", "nftables", "rooms of laptops"],
  ["avahi-daemon", "avahi-daemon", "presence"],
  ["avahi-browse", "avahi-utils", "presence"],
  ["dbus-daemon", "dbus", "presence"],
  ["nginx", "nginx", "repositories on a web server"],
  ["openssl", "openssl", "repositories on a web server"],
  ["python3", "python3", "archives"],
  ["getfattr", "attr", "extended attributes"],
  ["setfacl", "acl", "extended attributes"],
  ["setcap", "libcap2-bin", "extended attributes"],
  ["rsync", "rsync", "systems compared"],
  ["zip", "zip", "archives"],
  ["xz", "xz-utils", "archives"],
  ["zstd", "zstd", "archives"],
  ["bzip2", "bzip2", "archives"],
  ["mksquashfs", "squashfs-tools", "images of filesystems"],
  ["sqfs2tar", "squashfs-tools-ng", "images of filesystems"],
  ["sfdisk", "fdisk", "images of disks"],
  ["bsdiff", "bsdiff", "deltas of bsdiff"],
  ["qemu-system-x86_64", "qemu-system-x86", POWER_CUTS],
  ["busybox", "busybox-static", POWER_CUTS],
  ["depmod", "kmod", POWER_CUTS],
  ["shellcheck", "shellcheck", "the service's scripts"],
];

export const NEEDED: readonly Needed[] = [
  {
    program: "Chrome or Chromium",
    packages: ["chromium"],
    for: "every test with a page",
    required: true,
    isHere: () => findBrowser() !== undefined,
  },
  ...DEBIAN.map(([program, packages, use]) => ({
    program,
    packages: packages.split(" "),
    for: use,
    required: program === "cc",
    isHere: () => findOnPath([program]) !== undefined,
  })),
];

export function findMissing(): Needed[] {
  return NEEDED.filter((needed) => !needed.isHere());
}
