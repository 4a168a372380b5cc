/**
 * The smallest system that runs the store: a kernel of Debian's, and an initramfs with busybox,
 * this machine's Node, and modules for disks and filesystems. An archive in cpio's "newc" format
 * (cpio(5)).
 */
import { execFileSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** In the order in which they are loaded, but for what each needs, which comes before it. */
const MODULES = ["virtio_pci", "virtio_blk", "ext4", "xfs", "btrfs"];

export interface Kernel {
  readonly image: string;
  /** Folder with `modules.dep`. */
  readonly modules: string;
}

/** Fetches the kernel that Debian's package for virtual machines names now, with apt. */
export function fetchKernel(folder: string): Kernel {
  mkdirSync(folder, { recursive: true });
  const depends = execFileSync("apt-cache", ["depends", "linux-image-cloud-amd64"], {
    encoding: "utf8",
  });
  const name = /linux-image-\S+-cloud-amd64/.exec(depends)?.[0];
  if (name === undefined) throw new Error("apt knows no linux-image-cloud-amd64: apt-get update");
  execFileSync("apt-get", ["-qq", "download", name], { cwd: folder, stdio: "ignore" });
  const deb = readdirSync(folder).find((file) => file.endsWith(".deb")) ?? "";
  execFileSync("dpkg-deb", ["-x", join(folder, deb), folder]);
  const version = name.replace("linux-image-", "");
  const modules = ["lib", "usr/lib"]
    .map((lib) => join(folder, lib, "modules", version))
    .find((path) => isThere(path));
  if (modules === undefined) throw new Error(`${name} has no modules`);
  // Modules name what they need; depmod collects it, as the package's own script would.
  execFileSync("depmod", ["-b", dirname(dirname(dirname(modules))), version]);
  return { image: join(folder, "boot", `vmlinuz-${version}`), modules };
}

/** Path in the archive, and what is there. */
type Entry = { readonly mode: number; readonly bytes: Buffer };
type Tree = Map<string, Entry>;

const INIT = `#!/bin/busybox sh
/bin/busybox mkdir -p /proc /sys /dev /tmp /disk /sbin /usr/bin
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t devtmpfs dev /dev
mount -t tmpfs tmpfs /tmp
while read -r module; do insmod "$module" || echo "no $module"; done </modules.order
stty -F /dev/ttyS1 raw -echo
exec node /driver.js </dev/ttyS1 >/dev/ttyS1 2>/dev/console
`;

/** `files` by their paths in the archive; a folder is taken whole. */
export function makeInitramfs(kernel: Kernel, files: Readonly<Record<string, string>>): Buffer {
  const tree: Tree = new Map();
  tree.set("init", { mode: 0o100755, bytes: Buffer.from(INIT) });
  addProgram(tree, process.execPath, "bin/node");
  addProgram(tree, "/bin/busybox", "bin/busybox");
  addModules(tree, kernel);
  for (const [path, from] of Object.entries(files)) addAll(tree, from, path);
  return toCpio(withFolders(tree));
}

/** A program with the libraries that it is linked with, under the names it knows them by. */
function addProgram(tree: Tree, program: string, path: string): void {
  add(tree, program, path);
  const linked = libraries(program);
  for (const library of linked) add(tree, library, library.slice(1));
}

function libraries(program: string): string[] {
  try {
    const listed = execFileSync("ldd", [program], { encoding: "utf8", stdio: "pipe" });
    return [...listed.matchAll(/(\/\S+)(?= \(0x)/g)].map((match) => match[1] ?? "");
  } catch {
    // Not linked with anything.
    return [];
  }
}

function addModules(tree: Tree, { modules }: Kernel): void {
  const needs = new Map<string, string[]>();
  for (const line of readFileSync(join(modules, "modules.dep"), "utf8").split("\n")) {
    const [module = "", ...others] = line.split(/:? /).filter(Boolean);
    needs.set(module.replace(/:$/, ""), others);
  }
  const byName = new Map([...needs.keys()].map((path) => [nameOf(path), path]));
  const order: string[] = [];
  const load = (path: string) => {
    if (order.includes(path)) return;
    for (const other of [...(needs.get(path) ?? [])].reverse()) load(other);
    order.push(path);
  };
  for (const name of MODULES) {
    // What is not there is part of the kernel itself.
    const path = byName.get(name);
    if (path !== undefined) load(path);
  }
  // crc32c is asked for by name, when a filesystem is mounted.
  const checksum = byName.get("crc32c_generic");
  if (checksum !== undefined) load(checksum);
  for (const path of order) {
    const bytes = path.endsWith(".xz")
      ? execFileSync("xz", ["-dc", join(modules, path)], { maxBuffer: 1 << 28 })
      : readFileSync(join(modules, path));
    tree.set(`modules/${nameOf(path)}.ko`, { mode: 0o100644, bytes });
  }
  const list = order.map((path) => `/modules/${nameOf(path)}.ko\n`).join("");
  tree.set("modules.order", { mode: 0o100644, bytes: Buffer.from(list) });
}

function nameOf(path: string): string {
  return (path.split("/").at(-1) ?? "").replace(/\.ko(\..*)?$/, "").replaceAll("-", "_");
}

function addAll(tree: Tree, from: string, path: string): void {
  if (lstatSync(from).isDirectory())
    for (const name of readdirSync(from)) addAll(tree, join(from, name), join(path, name));
  else add(tree, from, path);
}

function add(tree: Tree, from: string, path: string): void {
  const real = realpathSync(from);
  const mode = lstatSync(real).mode & 0o111 ? 0o100755 : 0o100644;
  tree.set(path, { mode, bytes: readFileSync(real) });
}

function withFolders(tree: Tree): Tree {
  const result: Tree = new Map();
  for (const [path, entry] of tree) {
    const parts = path.split("/").slice(0, -1);
    for (let count = 1; count <= parts.length; count++) {
      const folder = parts.slice(0, count).join("/");
      if (!result.has(folder)) result.set(folder, { mode: 0o40755, bytes: Buffer.alloc(0) });
    }
    result.set(path, entry);
  }
  return result;
}

function toCpio(tree: Tree): Buffer {
  const parts: Buffer[] = [];
  let inode = 0;
  for (const [path, { mode, bytes }] of [
    ...tree,
    ["TRAILER!!!", { mode: 0, bytes: Buffer.alloc(0) }] as const,
  ]) {
    const name = Buffer.from(`${path}\0`);
    const links = (mode & 0o170000) === 0o40000 ? 2 : 1;
    const fields = [++inode, mode, 0, 0, links, 0, bytes.length, 0, 0, 0, 0, name.length, 0];
    const header = `070701${fields.map((field) => field.toString(16).padStart(8, "0")).join("")}`;
    parts.push(pad(Buffer.concat([Buffer.from(header), name])), pad(bytes));
  }
  return Buffer.concat(parts);
}

function pad(bytes: Buffer): Buffer {
  const missing = (4 - (bytes.length % 4)) % 4;
  return missing === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(missing)]);
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
