/**
 * Images of filesystems as tars, written by programs that keep everything: owners, modes, hard
 * links, holes, extended attributes. squashfs is read by `sqfs2tar`, as anybody; everything else is
 * mounted by the kernel, read-only, in a mount namespace of its own, which ends with the program
 * whatever happens to us.
 */
import { InfieldError } from "@infield/shared/base";
import { type ByteSource, type ImageKind, unreadableImage } from "@infield/shared/tree";
import { choosePartition } from "./partitions.ts";
import { outputOf } from "./program-output.ts";

interface Image {
  readonly path: string;
  readonly kind: ImageKind;
  /** Bytes of the file in which it lies; `size` 0 is to its end. */
  readonly offset: number;
  readonly size: number;
}

export interface ImageOptions {
  /** Of the image of a disk. */
  readonly partition?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The tar of an image. Throws `not-a-tree` with what is missing: a program, or root; AbortError.
 */
export async function* tarOfImage(
  path: string,
  source: ByteSource,
  kind: ImageKind,
  { partition, signal }: ImageOptions,
): AsyncGenerator<Uint8Array> {
  if (kind === "qcow2" || kind === "iso9660") throw unreadableImage(path, kind);
  const image =
    kind === "disk"
      ? { path, ...(await choosePartition(path, source, partition, signal)) }
      : { path, kind, offset: 0, size: 0 };
  if (image.kind === "squashfs" && image.offset === 0)
    yield* outputOf("sqfs2tar", ["--", path], sqfs2tarMissing(), signal);
  else yield* tarOfMount(image, signal);
}

/** Arguments are the shell's `$1` …, so that no path is ever a command. */
const MOUNT_AND_TAR = [
  'folder=$(mktemp -d) && trap "umount \\"$folder\\"; rmdir \\"$folder\\"" EXIT',
  '&& mount -t "$1" -o "$2" -- "$3" "$folder"',
  "&& tar --format=posix --sparse --numeric-owner --xattrs '--xattrs-include=*'",
  '-cf - -C "$folder" .',
].join(" ");

async function* tarOfMount(
  { path, kind, offset, size }: Image,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array> {
  if (process.getuid?.() !== 0) throw rootNeeded(kind);
  const place = [`offset=${offset}`, ...(size > 0 ? [`sizelimit=${size}`] : [])];
  const options = ["ro", "loop", "nodev", "nosuid", "noexec", ...place].join(",");
  const script = ["sh", "-c", MOUNT_AND_TAR, "infield", kind, options, path];
  yield* outputOf("unshare", ["--mount", "--", ...script], unshareMissing(), signal);
}

function rootNeeded(kind: ImageKind): InfieldError {
  return new InfieldError(
    "not-a-tree",
    `only root can read an image of ${kind}, as the kernel mounts it`,
    "run this as root, or make a tar of it: `guestfish --ro -a IMAGE -i tar-out / system.tar xattrs:true`",
  );
}

function sqfs2tarMissing(): InfieldError {
  return new InfieldError(
    "not-a-tree",
    "a squashfs image takes the program sqfs2tar, which is not installed",
    "install it (Debian: the package squashfs-tools-ng)",
  );
}

function unshareMissing(): InfieldError {
  return new InfieldError(
    "not-a-tree",
    "an image of a filesystem takes the program unshare, which is not installed",
    "install it (Debian: the package util-linux)",
  );
}
