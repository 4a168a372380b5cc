/**
 * One error class for every part. A code is stable, a message is one sentence, a hint is the next
 * step. The table in docs/errors.md and this one are held together by a test. AbortError passes
 * through untouched.
 */

/**
 * Every code Infield can answer with, and what it means. Exit codes of the command line are in
 * docs/errors.md.
 */
export const ERROR_CODES = {
  usage: "the command line could not be understood",
  "not-a-tree": "the input is no folder, archive or image that can be read as a tree",
  "archive-damaged": "an archive breaks off or contradicts itself",
  "unreadable-file": "a file of the input cannot be read",
  "unsupported-entry": "a tree holds a device, FIFO or socket",
  "path-invalid": "a path in a tree is not one Infield accepts",
  "case-twins": "names that differ only in case meet a filesystem that folds case",
  "manifest-invalid": "a manifest is not in canonical form",
  "limit-exceeded": "an input is larger than a named limit",
  "already-exists": "the output is there already and would be overwritten",
  "delta-damaged": "a delta is truncated, altered or not a delta",
  "delta-too-new": "a delta is of a newer format than this program reads",
  "delta-memory": "a delta needs more memory to decode than is allowed",
  "bsdiff-damaged": "a BSDIFF40 patch is truncated, altered or not one",
  "wrong-base": "a delta was made for another base tree",
  "wrong-result": "a rebuilt tree is not the one that was signed",
  "key-invalid": "a key file is damaged or not a key",
  "bad-signature": "a record is not signed by enough of the right keys",
  "record-invalid": "a signed record does not have the expected shape",
  "unknown-channel": "the channel is not the one this laptop follows, or there is none",
  "unknown-release": "the repository or neighbour does not have that release",
  "release-too-old": "a release is below the channel's floor or below what was seen before",
  "release-held": "this laptop holds, or was taken back from that release",
  "no-path": "no delta leads from the installed version to the release",
  "delta-pending": "a delta that was asked for is still being made",
  "blob-damaged": "bytes of a blob do not have the promised hash",
  "repository-damaged": "a repository lacks a file or holds a wrong one",
  "needs-system":
    "a tree holds what only root can install or read, and the agent runs without --system",
  "needs-xattrs": "a tree holds extended attributes, and nothing here can set them",
  "no-space": "the disk has no space for it",
  "io-failed": "the filesystem refused an operation",
  "not-a-root": "the folder is not an Infield root",
  "wrong-user": "a root belongs to another user",
  "root-busy": "another Infield process works on this root",
  "snapshot-damaged": "files of an installed version differ from its manifest",
  "data-format": "going back would lead to programs that may not read what people made since",
  "nothing-to-roll-back": "there is no earlier confirmed version",
  "health-failed": "the new version failed its health check and was taken back",
  "boot-loader-failed": "the boot loader could not be told which version to boot",
  "not-booted": "this machine was not booted from this root",
  "hook-failed": "the command of --on-switch failed; the switch stays",
  "network-interface": "a network interface is not there or cannot multicast",
  "port-taken": "the port is used by another program",
  "presence-failed": "this laptop and its neighbours do not see each other by mDNS",
  "peer-failed": "a neighbour broke off, answered wrongly or not in time",
  "upstream-failed": "a repository's web server did not answer, or not as one",
  "message-invalid": "a message is not of the protocol",
  "not-allowed": "the caller has no right to ask for this",
  internal: "a defect in Infield itself",
} as const;

export type ErrorCode = keyof typeof ERROR_CODES;

/**
 * An error a person can act on: `code` for programs, `message` (one sentence) and `hint` (the next
 * step) for people.
 */
export class InfieldError extends Error {
  override readonly name = "InfieldError";
  readonly code: ErrorCode;
  readonly hint: string;

  constructor(code: ErrorCode, message: string, hint: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.code = code;
    this.hint = hint;
  }
}

/** True for what `AbortSignal` and `AbortController` throw: a cancelled action, not a failure. */
export function isAbort(error: unknown): boolean {
  return error instanceof Error && error.name === "AbortError";
}
