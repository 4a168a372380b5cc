/**
 * One entry as one line: `d MODE UID:GID PATH`, `f MODE UID:GID SIZE SHA256 PATH`, `l UID:GID PATH
 * -> TARGET`. Control characters and `%` are percent-escaped; so is every space in the path of a
 * link, where " -> " would be ambiguous.
 */
import type { Entry } from "./entry.ts";
import { invalidTargetReason } from "./path.ts";

export function formatLine(entry: Entry): string {
  const owner = `${entry.uid}:${entry.gid}`;
  switch (entry.kind) {
    case "dir":
      return `d ${octal(entry.mode)} ${owner} ${escapeName(entry.path)}`;
    case "file":
      return `f ${octal(entry.mode)} ${owner} ${entry.size} ${entry.sha256} ${escapeName(entry.path)}`;
    case "link":
      return `l ${owner} ${escapeName(entry.path).replaceAll(" ", "%20")} -> ${escapeName(entry.target)}`;
  }
}

// `[^ ]` and not `\S`: a no-break or ideographic space is part of a name like any other character.
const LINE =
  /^(?:d ([0-7]{4}) (\d{1,10}):(\d{1,10}) (.+)|f ([0-7]{4}) (\d{1,10}):(\d{1,10}) (\d{1,10}) ([^ ]{1,64}) (.+)|l (\d{1,10}):(\d{1,10}) ([^ ]+) -> (.+))$/su;
const MAX_ID = 0xffff_ffff;

/**
 * The entry of a line, or undefined. Says nothing of whether the path is allowed, nor of whether
 * the line is canonical.
 */
export function parseLine(line: string): Entry | undefined {
  const field = LINE.exec(line);
  if (field === null) return undefined;
  const [
    ,
    dMode,
    dUid,
    dGid,
    dPath,
    fMode,
    fUid,
    fGid,
    size,
    sha256,
    fPath,
    lUid,
    lGid,
    lPath,
    target,
  ] = field;
  const uid = Number(dUid ?? fUid ?? lUid);
  const gid = Number(dGid ?? fGid ?? lGid);
  const path = unescapeName(dPath ?? fPath ?? lPath ?? "");
  if (uid > MAX_ID || gid > MAX_ID || path === undefined) return undefined;
  if (dMode !== undefined) return { kind: "dir", path, uid, gid, mode: Number.parseInt(dMode, 8) };
  if (fMode !== undefined && sha256 !== undefined) {
    return {
      kind: "file",
      path,
      uid,
      gid,
      mode: Number.parseInt(fMode, 8),
      size: Number(size),
      sha256,
    };
  }
  const to = unescapeName(target ?? "");
  return to === undefined || invalidTargetReason(to)
    ? undefined
    : { kind: "link", path, uid, gid, target: to };
}

function octal(mode: number): string {
  return mode.toString(8).padStart(4, "0");
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is escaped
const ESCAPED = /[\u0000-\u001f\u007f%]/g;

function escapeName(name: string): string {
  return name.replace(
    ESCAPED,
    (char) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`,
  );
}

function unescapeName(text: string): string | undefined {
  if (/%(?![0-9A-F]{2})/.test(text)) return undefined;
  return text.replace(/%([0-9A-F]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
