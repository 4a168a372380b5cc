/** What every part stands on: bytes, errors, limits, progress, the clock. */
export { equalBytes, fromBase64, fromUtf8, toBase64, toHex, utf8 } from "./bytes.ts";
export type { Clock } from "./clock.ts";
export { forEachConcurrently } from "./concurrently.ts";
export { ERROR_CODES, type ErrorCode, InfieldError, isAbort } from "./errors.ts";
export {
  MAX_BLOB_BYTES,
  MAX_DATA_FORMAT,
  MAX_DECODER_BYTES,
  MAX_DECODER_SHARE,
  MAX_ENTRIES,
  MAX_LAPTOPS,
  MAX_MANIFEST_BYTES,
  MAX_MESSAGE_BYTES,
  MAX_NAME_CHARS,
  MAX_NOTES_CHARS,
  MAX_PEERS,
  MAX_SHOWN_ADDRESSES,
  MAX_TYPED_PEERS,
  MAX_VERSION,
  PIECE_BYTES,
  PLANNED_GROUP_BYTES,
  SMALL_DECODER_BYTES,
} from "./limits.ts";
export { formatBytes, formatDuration, type Progress, trackProgress } from "./progress.ts";
