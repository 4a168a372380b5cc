/** Which extended attributes a tree carries, and their lines in a manifest. */
import { fromBase64 } from "../base/bytes.ts";
import { MAX_XATTR_BYTES, MAX_XATTR_NAME_BYTES } from "../base/limits.ts";
import type { Attributes, Xattr } from "./entry.ts";
import { escapeWord, unescapeName } from "./escape.ts";
import { comparePaths } from "./path.ts";

/** SELinux labels belong to a policy that another laptop need not have: only where asked for. */
export const SELINUX = "security.selinux";
/** Access control lists (acl(5)) as the kernel keeps them. */
const ACLS = ["system.posix_acl_access", "system.posix_acl_default"];
/** Root's powers, one by one, for whoever runs a program (capabilities(7)). */
export const CAPABILITY = "security.capability";

/** Whether a tree may hold an attribute of this name at all; others are another system's own. */
export function isXattrName(name: string): boolean {
  return (
    name === CAPABILITY ||
    name === SELINUX ||
    ACLS.includes(name) ||
    (/^user\../s.test(name) && name.length <= MAX_XATTR_NAME_BYTES)
  );
}

/** ` x NAME VALUE`, after the line of its entry. */
export function formatXattr({ name, value }: Xattr): string {
  return ` x ${escapeWord(name)} ${value === "" ? "-" : value}`;
}

/** Undefined when the line is none. Says nothing of whether it is canonical. */
export function parseXattr(line: string): Xattr | undefined {
  const [, escaped = "", value = ""] = /^ x ([^ ]+) ([^ ]+)$/.exec(line) ?? [];
  const name = unescapeName(escaped);
  return name === undefined || name === ""
    ? undefined
    : { name, value: value === "-" ? "" : value };
}

/** Why attributes are refused, as the end of a sentence. */
export function invalidXattrsReason({ xattrs = [] }: Attributes): string | undefined {
  let previous: string | undefined;
  for (const { name, value } of xattrs) {
    if (!isXattrName(name)) return `has the attribute ${JSON.stringify(name)}`;
    if (previous !== undefined && comparePaths(previous, name) >= 0) return "has attributes twice";
    const bytes = value === "" ? 0 : fromBase64(value)?.length;
    if (bytes === undefined || bytes > MAX_XATTR_BYTES) return `has an invalid ${name}`;
    previous = name;
  }
  return undefined;
}

/** True when both have the same, in content and number. */
export function haveSameXattrs(a: Attributes, b: Attributes): boolean {
  const text = ({ xattrs = [] }: Attributes) => xattrs.map(formatXattr).join("\n");
  return text(a) === text(b);
}
