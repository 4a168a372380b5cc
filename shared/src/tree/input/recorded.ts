/** What a tree records of an input besides paths, modes and bytes: the volunteer's choice. */
import type { Attributes, Xattr } from "../entry.ts";
import { comparePaths } from "../path.ts";
import { isXattrName, SELINUX } from "../xattr.ts";

export interface Recorded {
  /** User and group ids; else everything is 0:0, whoever installs it. */
  readonly owners: boolean;
  /** When contents were last changed; else trees of equal content are equal. */
  readonly times?: boolean | undefined;
  /** Extended attributes; unless false. */
  readonly xattrs?: boolean | undefined;
  /** SELinux labels among them. */
  readonly selinux?: boolean | undefined;
  /** Hears of an attribute that the tree does not record: at which path, and its name. */
  onLeftOut?: ((path: string, name: string) => void) | undefined;
}

/** What an input says of one path. */
export interface Attributed {
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970; fractions are dropped, as no archive and no library keeps all of them. */
  readonly mtime?: number | undefined;
  readonly xattrs?: readonly Xattr[] | undefined;
}

/** The attributes of a path that are recorded. */
export function recordedAttributes(
  path: string,
  { uid, gid, mtime, xattrs = [] }: Attributed,
  recorded: Recorded,
): Attributes {
  const kept = xattrs.filter((xattr) => {
    const isKept = recorded.xattrs !== false && isRecorded(xattr, recorded);
    if (!isKept) recorded.onLeftOut?.(path, xattr.name);
    return isKept;
  });
  return {
    ...(recorded.owners ? { uid, gid } : { uid: 0, gid: 0 }),
    ...(recorded.times && mtime !== undefined && { mtime: Math.floor(mtime) }),
    ...(kept.length > 0 && {
      xattrs: [...kept].sort((a, b) => comparePaths(a.name, b.name)),
    }),
  };
}

function isRecorded({ name }: Xattr, { selinux = false }: Recorded): boolean {
  return isXattrName(name) && (name !== SELINUX || selinux);
}
