/** The codec's errors, as sentences with a next step. */
import { type ErrorCode, InfieldError } from "@infield/shared/base";
import { type CodecErrorCode, isCodecError } from "@infield/wasm/codec";

const SENTENCES: Readonly<
  Record<CodecErrorCode, { code: ErrorCode; message: string; hint: string }>
> = {
  "delta-damaged": {
    code: "delta-damaged",
    message: "the delta is truncated, altered or not a delta",
    hint: "copy or fetch it again",
  },
  "delta-too-new": {
    code: "delta-too-new",
    message: "the delta is of a newer format than this Infield reads",
    hint: "update Infield on this machine",
  },
  "delta-memory": {
    code: "delta-memory",
    message: "the delta needs more memory to decode than is allowed here",
    hint: "make it again at level default, or apply it on a machine with more memory",
  },
  "delta-wrong-base": {
    code: "wrong-base",
    message: "the delta was made for another base tree",
    hint: "give the tree it was made from; `infield delta inspect` names it",
  },
  "bsdiff-damaged": {
    code: "bsdiff-damaged",
    message: "the patch is truncated or altered",
    hint: "get it again",
  },
  "bsdiff-too-large": {
    code: "limit-exceeded",
    message: "the patch gives too many bytes",
    hint: "get it again",
  },
  "codec-input": {
    code: "internal",
    message: "the codec was called wrongly",
    hint: "report this as a defect",
  },
};

/** A `CodecError` as an `InfieldError`; anything else as it is. */
export function toDeltaError(error: unknown): unknown {
  if (!isCodecError(error)) return error;
  const { code, message, hint } = SENTENCES[error.code];
  return new InfieldError(code, message, hint, error);
}

/** What a delta says does not fit together, though its checksum is right: it was made wrongly. */
export function damagedDelta(reason: string): InfieldError {
  return new InfieldError(
    "delta-damaged",
    `the delta is damaged: ${reason}`,
    "get the delta again",
  );
}

/** The base is not what its manifest says: a file changed on the disk. */
export function damagedBase(path: string): InfieldError {
  return new InfieldError(
    "wrong-base",
    `the base's file ${JSON.stringify(path)} is not what its manifest says`,
    "restore that file, or install the version whole",
  );
}
