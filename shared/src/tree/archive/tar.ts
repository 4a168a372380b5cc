/**
 * What the members of a tar archive mean as entries of a tree, decided the way `tar -x` would
 * unpack them.
 */

import type { FoundEntry, FoundMisfit } from "../input/collect.ts";
import { type Recorded, recordedAttributes } from "../input/recorded.ts";
import { pathError } from "../path.ts";
import { readAhead } from "../read-ahead.ts";
import type { ByteSource } from "../source.ts";
import { damagedArchive } from "./archive-error.ts";
import { cleanArchivePath } from "./archive-path.ts";
import { BLOCK_BYTES, hasTarChecksum } from "./tar-header.ts";
import { readTarMembers, type TarMember } from "./tar-members.ts";

/** Whether the first block of something is a tar header. */
export function looksLikeTar(firstBlock: Uint8Array): boolean {
  return hasTarChecksum(firstBlock) && !isZeroBlock(firstBlock);
}

/** The zeros that end an archive, which in an empty one are its first block. */
export function isZeroBlock(block: Uint8Array): boolean {
  return block.length === BLOCK_BYTES && block.every((byte) => byte === 0);
}

/**
 * The entries of a tar archive, in its order, same path more than once if it says so. `part` tells
 * its files from those of other tars of the same tree. Throws `archive-damaged`, `path-invalid`.
 */
export async function* scanTar(
  source: ByteSource,
  recorded: Recorded,
  part = 0,
): AsyncGenerator<FoundEntry> {
  const soFar = new Map<string, FoundEntry>();
  let members = 0;
  for await (const member of readTarMembers(readAhead(source))) {
    members++;
    const path = cleanArchivePath(member.name);
    if (member.type === "V" || (path === "" && isDirectory(member))) continue;
    const found =
      member.type === "1"
        ? resolveHardLink(path, member, soFar)
        : toFound(path, member, recorded, `${part}:${members}`);
    soFar.set(path, found);
    yield found;
  }
}

function toFound(path: string, member: TarMember, recorded: Recorded, inode: string): FoundEntry {
  const { mode, data, linkName } = member;
  if (!member.isUtf8) return misfit(path, "is not UTF-8, or leads to what is not", "path-invalid");
  const attributes = recordedAttributes(path, member, recorded);
  if (isDirectory(member)) return { kind: "dir", path, mode, ...attributes };
  switch (member.type) {
    case "0":
    case "7":
    case "S":
      return { kind: "file", path, mode, ...attributes, source: data, inode };
    case "2":
      return { kind: "link", path, target: linkName, ...attributes };
    default:
      return misfit(
        path,
        `is ${NOT_IN_A_TREE[member.type] ?? `of the unknown type "${member.type}"`}`,
        "unsupported-entry",
      );
  }
}

function misfit(path: string, reason: string, code: FoundMisfit["code"]): FoundMisfit {
  return { kind: "misfit", path, reason, code };
}

const NOT_IN_A_TREE: Readonly<Record<string, string>> = {
  "3": "a character device",
  "4": "a block device",
  "6": "a FIFO",
  M: "the rest of a file from another volume",
};

/**
 * v7 has no type for directories: a slash at the end of the name says it. "D" is GNU's directory of
 * incremental archives.
 */
function isDirectory(member: TarMember): boolean {
  return "5D".includes(member.type) || (member.type === "0" && member.name.endsWith("/"));
}

/**
 * A hard link is one more name for what was unpacked under the other name so far, its mode and
 * owner included.
 */
function resolveHardLink(
  path: string,
  member: TarMember,
  soFar: ReadonlyMap<string, FoundEntry>,
): FoundEntry {
  const target = cleanArchivePath(member.linkName);
  const found = soFar.get(target);
  if (path === "" || target.split("/").includes(".."))
    throw pathError(member.name, "is no hard link of a tree");
  if (found === undefined || found.kind === "dir") {
    throw damagedArchive(
      `links ${JSON.stringify(path)} to ${JSON.stringify(target)}, which it does not hold`,
    );
  }
  return { ...found, path };
}
