/**
 * What is signed and stored: channel, release, blob and repository records, and the route between
 * releases.
 */
export {
  blobRoot,
  checkPieceList,
  damaged,
  hashPieces,
  isPiece,
  pieceCount,
  pieceRange,
} from "./blob.ts";
export {
  type Chain,
  type Channel,
  channelIdOf,
  createChain,
  extendChain,
  parseChain,
  verifyChain,
} from "./channel.ts";
export { type Envelope, openEnvelope, signEnvelope } from "./envelope.ts";
export {
  createSigningKey,
  formatKeyFile,
  loadPublicKey,
  type PublicKey,
  parseKeyFile,
  type SigningKey,
} from "./keys.ts";
export { Count, Hex32, parseRecord } from "./parse.ts";
export { type LeftOut, type ReadReleases, readReleases } from "./read-releases.ts";
export {
  type BlobRecord,
  BlobRecordSchema,
  HealthSchema,
  parseReleaseFile,
  type Release,
  type ReleaseFile,
  type ReleaseRecord,
  readStoredRecord,
  releaseHash,
  verifyRelease,
} from "./release.ts";
export {
  blobName,
  blobPath,
  CHANNEL_FILE,
  LATEST_FILE,
  latestVersion,
  parseLatest,
  piecesPath,
  type RepositoryFile,
  type RepositoryReader,
  readChannel,
  readRelease,
  readReleaseFile,
  releasePath,
  releaseVersion,
  repositoryFileLimit,
  webFiles,
} from "./repository.ts";
export { canReach, findRoute, type Step } from "./route.ts";
export { type OpenRepository, openZipRepository } from "./zip-repository.ts";
