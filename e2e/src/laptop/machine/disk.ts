/**
 * A laptop's disk as an image: the boot loader's partition (FAT), and the one with the root, on the
 * filesystem under test. As root on Linux.
 */
import { execFileSync } from "node:child_process";
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

export const BOOT = fileURLToPath(new URL("../../../../agent/service/boot/", import.meta.url));
export const FILESYSTEMS = ["ext4", "xfs", "btrfs"] as const;
export type Filesystem = (typeof FILESYSTEMS)[number];

const SECTOR = 512;
const MIB = 1 << 20;
const BOOT_START = MIB;
const BOOT_BYTES = 160 * MIB;
export const DATA_START = BOOT_START + BOOT_BYTES;
const MBR_LINUX = 0x83;
const MBR_FAT = 0x0c;
/** Of GRUB's, by name: what grub.cfg uses, to read FAT on a disk with an MBR. */
const GRUB_MODULES = [
  ...["biosdisk", "part_msdos", "fat", "normal", "linux", "loadenv", "regexp", "eval", "test"],
  ...["configfile", "echo", "serial", "terminal", "true", "sleep"],
];

export interface DiskOptions {
  readonly file: string;
  readonly filesystem: Filesystem;
  /** The root, as `infield install` made it. */
  readonly root: string;
  /** Versions to boot, the first first. */
  readonly versions: readonly number[];
  readonly bytes: number;
  /** A folder of what this laptop has of its own in /etc. */
  readonly etc?: string;
  /** Of the kernel's command line, besides what says where the disk is. */
  readonly cmdline?: string;
}

/** Makes the image; a laptop that boots from BIOS and GRUB. */
export function makeDisk(options: DiskOptions): void {
  const { file, bytes, root } = options;
  const work = `${file}.parts`;
  mkdirSync(work, { recursive: true });
  writeFileSync(join(root, "boot/loader"), "/opt/infield/service/boot/loader.sh\n");
  const boot = makeBootPartition(work, options);
  const data = join(work, "data.img");
  makeDataPartition(data, join(work, "mnt"), options);
  writeFileSync(file, "");
  truncateSync(file, bytes);
  writeLoader(file, bytes, work);
  copyInto(file, boot, BOOT_START);
  copyInto(file, data, DATA_START);
  rmSync(work, { recursive: true });
}

/** The loader's partition, filled by the loader's own command. */
function makeBootPartition(work: string, { root, versions, cmdline = "" }: DiskOptions): string {
  const boot = join(work, "boot");
  for (const folder of ["grub", "infield"]) mkdirSync(join(boot, folder), { recursive: true });
  cpSync(join(BOOT, "grub.cfg"), join(boot, "grub/grub.cfg"));
  writeFileSync(
    join(boot, "infield/local.cfg"),
    [
      `set cmdline="root=LABEL=infield rw panic=5 console=ttyS0 ${cmdline}"`,
      "serial --unit=0 --speed=115200",
      "terminal_input serial console",
      "terminal_output serial console",
      "",
    ].join("\n"),
  );
  execFileSync(join(BOOT, "loader.sh"), ["order", ...versions.map(String)], {
    env: { ...process.env, INFIELD_RUN: work, INFIELD_ROOT: root },
  });
  const image = join(work, "boot.img");
  writeFileSync(image, "");
  truncateSync(image, BOOT_BYTES);
  execFileSync("mkfs.vfat", ["-n", "INFIELDBOOT", image], { stdio: "ignore" });
  execFileSync("mcopy", ["-i", image, "-s", join(boot, "grub"), join(boot, "infield"), "::/"]);
  return image;
}

function makeDataPartition(
  file: string,
  mountPoint: string,
  { filesystem, bytes, root, etc }: DiskOptions,
): void {
  writeFileSync(file, "");
  truncateSync(file, bytes - DATA_START);
  const make = {
    ext4: ["mkfs.ext4", "-q", "-L", "infield"],
    xfs: ["mkfs.xfs", "-q", "-L", "infield"],
    btrfs: ["mkfs.btrfs", "-q", "-L", "infield"],
  }[filesystem];
  const [program = "", ...words] = make;
  execFileSync(program, [...words, file]);
  mkdirSync(mountPoint, { recursive: true });
  fill(file, mountPoint, root, etc ?? "/var/empty");
}

const FILL = `set -e
mount -o loop "$1" "$2"
mkdir -p "$2/state/etc/upper"
cp -a "$3" "$2/infield"
if [ -d "$4" ]; then cp -a "$4/." "$2/state/etc/upper"; fi
umount "$2"`;

/**
 * In a mount namespace of its own: one that somebody else makes meanwhile would keep the filesystem
 * mounted, and the image is copied as it is then.
 */
function fill(file: string, mountPoint: string, root: string, etc: string): void {
  const own = ["--mount", "--propagation", "private", "sh", "-c", FILL, "fill"];
  execFileSync("unshare", [...own, file, mountPoint, root, etc]);
}

/** Master boot record with two partitions, and GRUB between it and the first. */
function writeLoader(file: string, bytes: number, work: string): void {
  const core = join(work, "core.img");
  execFileSync("grub-mkimage", [
    ...["-O", "i386-pc", "-o", core, "-p", "(hd0,msdos1)/grub"],
    ...GRUB_MODULES,
  ]);
  const record = Buffer.alloc(SECTOR);
  // The code of the boot sector; what follows it is the table of partitions.
  readFileSync("/usr/lib/grub/i386-pc/boot.img").copy(record, 0, 0, 440);
  writePartition(record, 0, MBR_FAT, BOOT_START, BOOT_BYTES);
  writePartition(record, 1, MBR_LINUX, DATA_START, bytes - DATA_START);
  record.writeUInt16LE(0xaa55, 510);
  const image = openSync(file, "r+");
  writeSync(image, record, 0, SECTOR, 0);
  const code = readFileSync(core);
  writeSync(image, code, 0, code.length, SECTOR);
  closeSync(image);
}

function writePartition(
  record: Buffer,
  index: number,
  type: number,
  start: number,
  bytes: number,
): void {
  const at = 446 + 16 * index;
  record.writeUInt8(type, at + 4);
  record.writeUInt32LE(start / SECTOR, at + 8);
  record.writeUInt32LE(bytes / SECTOR, at + 12);
}

function copyInto(file: string, part: string, offset: number): void {
  execFileSync("dd", [
    ...[`if=${part}`, `of=${file}`, "bs=1M", `seek=${offset / MIB}`],
    ...["conv=notrunc,sparse", "status=none"],
  ]);
}

/** Another laptop from the same image. */
export function copyDisk(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  execFileSync("cp", ["--sparse=always", "--reflink=auto", from, to]);
}
