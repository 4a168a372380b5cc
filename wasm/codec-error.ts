/**
 * The codec's errors: plain `Error`s thrown by the Rust side, with a stable `code`. The list is
 * that of the Rust enum in `src/error.rs`; a test keeps both the same.
 */

export const codecErrorCodes = [
  /** The delta file was cut, changed or made wrongly: its magic, CRC or a length is wrong. */
  "delta-damaged",
  /** The delta file uses a format version or an entropy coder that this program does not know. */
  "delta-too-new",
  /** Decoding would need more memory than the caller allows. */
  "delta-memory",
  /** The delta file was made for another base tree. */
  "delta-wrong-base",
  /** The BSDIFF40 patch was cut, changed or made for another base. */
  "bsdiff-damaged",
  /** The BSDIFF40 patch would give more bytes than the caller allows. */
  "bsdiff-too-large",
  /**
   * The caller passed something that the codec has no room for or that makes no sense: a bug in the
   * calling program.
   */
  "codec-input",
] as const;

export type CodecErrorCode = (typeof codecErrorCodes)[number];

export interface CodecError extends Error {
  readonly code: CodecErrorCode;
}

/** Tells the codec's own errors from those that a callback threw through it. */
export function isCodecError(error: unknown): error is CodecError {
  return (
    error instanceof Error &&
    "code" in error &&
    (codecErrorCodes as readonly unknown[]).includes(error.code)
  );
}
