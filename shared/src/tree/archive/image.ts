/**
 * Images of filesystems and disks, told by their first bytes. Only programs of an operating system
 * read them; whoever has none can say what to do instead.
 */
import { InfieldError } from "../../base/errors.ts";
import type { ByteSource } from "../source.ts";

export type ImageKind = "squashfs" | "ext4" | "xfs" | "btrfs" | "disk" | "qcow2" | "iso9660";

/** Where each says what it is. The order counts: an ISO may have a boot sector before it. */
const SIGNS: readonly { kind: ImageKind; offset: number; magic: string }[] = [
  { kind: "qcow2", offset: 0, magic: "QFI\xfb" },
  { kind: "squashfs", offset: 0, magic: "hsqs" },
  { kind: "xfs", offset: 0, magic: "XFSB" },
  { kind: "ext4", offset: 0x438, magic: "\x53\xef" },
  { kind: "iso9660", offset: 0x8001, magic: "CD001" },
  { kind: "btrfs", offset: 0x1_0040, magic: "_BHRfS_M" },
  { kind: "disk", offset: 0x200, magic: "EFI PART" },
  // Of the master boot record, which the boot sector of a FAT filesystem has too.
  { kind: "disk", offset: 0x1fe, magic: "\x55\xaa" },
];

/** Undefined for what is none. */
export async function recogniseImage(source: ByteSource): Promise<ImageKind | undefined> {
  for (const { kind, offset, magic } of SIGNS) {
    if (source.size < offset + magic.length) continue;
    const found = String.fromCharCode(...(await source.read(offset, magic.length)));
    if (found === magic) return kind;
  }
  return undefined;
}

/** For who cannot read any. `fileName` is for people. */
export function unreadableImage(fileName: string, kind: ImageKind): InfieldError {
  return new InfieldError(
    "not-a-tree",
    `${JSON.stringify(fileName)} is ${NAMES[kind]}, which cannot be read here`,
    kind === "qcow2" || kind === "iso9660"
      ? HINTS[kind]
      : "use the command line on Linux: `infield release create --tree` reads such an image",
  );
}

const NAMES: Readonly<Record<ImageKind, string>> = {
  squashfs: "a squashfs image",
  ext4: "an ext4 image",
  xfs: "an XFS image",
  btrfs: "a Btrfs image",
  disk: "the image of a disk",
  qcow2: "a qcow2 image",
  iso9660: "an ISO image",
};
const HINTS = {
  qcow2: "convert it first: `qemu-img convert -O raw IMAGE disk.img`",
  iso9660: "take out the system first: it mostly is a .squashfs in the ISO (`bsdtar -xf`)",
};
