/**
 * Filesystems of their own to break: images that are mounted through a loop device, and folders in
 * memory. What a disk holds can be kept under a name and brought back, so that every point of a
 * sweep begins with the same bytes.
 */
import { execFile } from "node:child_process";
import { mkdir, rename, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";

const runFile = promisify(execFile);

export interface Disk {
  readonly kind: DiskKind;
  /** Where the laptop's root lies. */
  readonly root: string;
  /** Where the power can be cut. */
  readonly mountPoint?: string;
  /** An empty disk. */
  clear(): Promise<void>;
  /** Keeps what the disk holds under a name. */
  keep(name: string): Promise<void>;
  /** Brings back what was kept. */
  restore(name: string): Promise<void>;
  /**
   * After a power cut: what reached the disk is mounted again, and kept under a name before, if
   * there is one.
   */
  powerOn(keepAs?: string): Promise<void>;
  close(): Promise<void>;
}

/** Megabytes of an image: what mkfs takes for too small is refused. */
const IMAGE_MIB = { ext4: 32, xfs: 300, btrfs: 128 };
export type ImageKind = keyof typeof IMAGE_MIB;
export type DiskKind = ImageKind | "memory";
export const IMAGE_KINDS: readonly ImageKind[] = ["ext4", "xfs", "btrfs"];

/**
 * Makes a disk in `folder`, which must be a new one on a filesystem with room for some images of
 * it.
 */
export async function makeDisk(kind: DiskKind, folder: string): Promise<Disk> {
  await mkdir(folder, { recursive: true });
  return kind === "memory" ? memoryDisk(folder) : imageDisk(kind, folder);
}

/** Replaces a folder by another. Hard links stay what they are. */
export async function copyFolder(from: string, to: string): Promise<void> {
  await rm(to, { recursive: true, force: true });
  await runFile("cp", ["-a", from, to]);
}

/** A folder: what a process leaves that is killed. */
function memoryDisk(folder: string): Disk {
  const root = join(folder, "root");
  const kept = (name: string) => join(folder, `kept-${name}`);
  return {
    kind: "memory",
    root,
    clear: () => rm(root, { recursive: true, force: true }),
    keep: (name) => copyFolder(root, kept(name)),
    restore: (name) => copyFolder(kept(name), root),
    powerOn: async () => {},
    close: () => rm(folder, { recursive: true, force: true }),
  };
}

async function imageDisk(kind: ImageKind, folder: string): Promise<Disk> {
  const image = join(folder, "image");
  const mountPoint = join(folder, "mounted");
  const kept = (name: string) => join(folder, `kept-${name}`);
  const copy = (from: string, to: string) => runFile("cp", ["--sparse=always", from, to]);
  const mount = () => runFile("mount", ["-o", "loop", image, mountPoint]);
  let isMounted = false;
  const load = async (from: string) => {
    if (isMounted) await unmount(mountPoint);
    isMounted = false;
    await copy(from, image);
    await mount();
    isMounted = true;
  };
  await mkdir(mountPoint);
  await writeFile(kept("empty"), "");
  await truncate(kept("empty"), IMAGE_MIB[kind] * 1024 * 1024);
  await runFile(`mkfs.${kind}`, ["-q", kept("empty")]);
  // The log that mkfs has written as zeros would be copied for every point.
  await runFile("fallocate", ["--dig-holes", kept("empty")]);
  return {
    kind,
    root: join(mountPoint, "root"),
    mountPoint,
    clear: () => load(kept("empty")),
    async keep(name) {
      await unmount(mountPoint);
      await copy(image, kept(name));
      await mount();
    },
    restore: (name) => load(kept(name)),
    async powerOn(keepAs) {
      // Of btrfs, which cannot be shut down, what has reached the image by now is what the disk
      // has; the rest goes elsewhere.
      if (kind === "btrfs") await copy(image, kept("cut"));
      await unmount(mountPoint);
      if (kind === "btrfs") await rename(kept("cut"), image);
      if (keepAs !== undefined) await copy(image, kept(keepAs));
      await mount();
    },
    async close() {
      if (isMounted) await unmount(mountPoint);
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A health check of the process that was killed may hold it for a moment. */
async function unmount(mountPoint: string): Promise<void> {
  for (let tries = 100; ; tries--) {
    try {
      await runFile("umount", [mountPoint]);
      return;
    } catch (error) {
      if (tries === 0) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}
