/** What of a tree only root installs as it is, or reads back once it is installed. */
import type { DirEntry, Entry, FileEntry } from "./entry.ts";
import type { Manifest } from "./manifest.ts";
import { CAPABILITY, SELINUX } from "./xattr.ts";

/** What it is called, one and many, in the order in which people are told of it. */
const NEEDS = {
  setuid: ["setuid file", "setuid files"],
  capability: ["file with capabilities", "files with capabilities"],
  label: ["SELinux label", "SELinux labels"],
  owner: ["path of another owner", "paths of other owners"],
  unreadable: ["path that only root can read", "paths that only root can read"],
} as const;
type Need = keyof typeof NEEDS;

const SETUID_OR_SETGID = 0o6000;
const OWNER_READ = 0o400;
const OWNER_EXECUTE = 0o100;

/** True when installing needs root and `--system`. */
export function needsSystem(manifest: Manifest): boolean {
  return manifest.entries.some((entry) => needsOf(entry).length > 0);
}

/** "3 setuid files, 1 file with capabilities"; nothing where no entry needs root. */
export function describeSystemNeeds(manifest: Manifest): string {
  const found = manifest.entries.flatMap(needsOf);
  return Object.entries(NEEDS)
    .flatMap(([need, [one, many]]) => {
      const count = found.filter((each) => each === need).length;
      return count === 0 ? [] : [`${count.toLocaleString("en")} ${count === 1 ? one : many}`];
    })
    .join(", ");
}

/** Owners other than 0:0, which is whoever installs; modes under which that user could not read. */
function needsOf(entry: Entry): Need[] {
  if (entry.kind === "hard-link") return [];
  const has = (attribute: string) => entry.xattrs?.some(({ name }) => name === attribute);
  const needs: Need[] = [];
  if (entry.kind === "file" && (entry.mode & SETUID_OR_SETGID) !== 0) needs.push("setuid");
  if (has(CAPABILITY)) needs.push("capability");
  if (has(SELINUX)) needs.push("label");
  if (entry.uid !== 0 || entry.gid !== 0) needs.push("owner");
  if (entry.kind !== "link" && !isReadableByOwner(entry)) needs.push("unreadable");
  return needs;
}

function isReadableByOwner({ kind, mode }: DirEntry | FileEntry): boolean {
  const needed = kind === "dir" ? OWNER_READ | OWNER_EXECUTE : OWNER_READ;
  return (mode & needed) === needed;
}
