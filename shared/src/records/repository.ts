/**
 * The repository: a plain folder of files, the same on a stick, in a zip, in a browser and on a
 * laptop. Nothing in it has to be trusted: what is read is verified against the channel id first,
 * then against the signed record.
 */
import { fromUtf8 } from "../base/bytes.ts";
import { InfieldError } from "../base/errors.ts";
import {
  MAX_BLOB_BYTES,
  MAX_CHAIN_BYTES,
  MAX_RECORD_BYTES,
  MAX_VERSION,
  PIECE_BYTES,
} from "../base/limits.ts";
import type { ByteSource } from "../tree/source.ts";
import { HASH_BYTES, hashPieces } from "./blob.ts";
import { type Chain, type Channel, parseChain, verifyChain } from "./channel.ts";
import { parseReleaseFile, type Release, type ReleaseFile, verifyRelease } from "./release.ts";

export const CHANNEL_FILE = "channel.json";
export const releasePath = (version: number): string => `releases/${version}.json`;
export const blobPath = (root: string): string => `blobs/${root}`;
/** The list of a blob's pieces, for whoever reads the blob from a web server. */
export const piecesPath = (root: string): string => `pieces/${root}`;
/** The highest version, in decimal, for whoever cannot list `releases/`. */
export const LATEST_FILE = "latest";

const RELEASE_FILE = /^releases\/([1-9]\d{0,9})\.json$/;
const BLOB_FILE = /^blobs\/[0-9a-f]{64}$/;
const PIECES_FILE = /^pieces\/[0-9a-f]{64}$/;
/** JSON escapes may double a record's body, and its signatures and announcement stand beside it. */
const MAX_RELEASE_FILE_BYTES = MAX_RECORD_BYTES * 3;
/** Ten digits and a line's end, which an editor may have made CR LF. */
const MAX_LATEST_BYTES = 12;

/** Bytes a file of a repository may have; undefined for a path that no repository has. */
export function repositoryFileLimit(path: string): number | undefined {
  if (path === CHANNEL_FILE) return MAX_CHAIN_BYTES;
  if (path === LATEST_FILE) return MAX_LATEST_BYTES;
  if (RELEASE_FILE.test(path)) return MAX_RELEASE_FILE_BYTES;
  if (PIECES_FILE.test(path)) return (MAX_BLOB_BYTES / PIECE_BYTES) * HASH_BYTES;
  return BLOB_FILE.test(path) ? MAX_BLOB_BYTES : undefined;
}

/** The name of the blob that lies at a path of a repository. */
export function blobName(path: string): string | undefined {
  return BLOB_FILE.test(path) ? path.slice(path.indexOf("/") + 1) : undefined;
}

/** The version whose release file lies at a path of a repository. */
export function releaseVersion(path: string): number | undefined {
  const match = RELEASE_FILE.exec(path);
  return match?.[1] === undefined ? undefined : Number(match[1]);
}

/** A file of a repository. */
export interface RepositoryFile extends ByteSource {
  /**
   * Of a blob on a web server: the list that lies beside it, as making it from the bytes would
   * fetch them twice.
   */
  pieceList?(): Promise<Uint8Array>;
}

/** Where repository files can be read from: a folder, a zip, IndexedDB, a web server. */
export interface RepositoryReader {
  /** A file by its path in the repository, or undefined when there is none. */
  open(path: string): Promise<RepositoryFile | undefined>;
  /** Versions of the releases it holds, in any order. */
  versions(): Promise<number[]>;
  /** It is far away, and every file read is paid for: only what is needed is to be read. */
  readonly far?: true;
}

/**
 * The verified channel of a repository. Throws `repository-damaged` and what `verifyChain` throws.
 */
export async function readChannel(
  repository: RepositoryReader,
  pinnedId?: string,
): Promise<{ chain: Chain; channel: Channel }> {
  const chain = parseChain(await readText(repository, CHANNEL_FILE));
  return { chain, channel: verifyChain(chain, pinnedId) };
}

/** A verified release of a repository. Throws `unknown-release` and what `verifyRelease` throws. */
export async function readRelease(
  repository: RepositoryReader,
  channel: Channel,
  version: number,
): Promise<Release> {
  const file = await readReleaseFile(repository, version);
  const record = verifyRelease(file, channel);
  if (record.version !== version) {
    throw new InfieldError(
      "record-invalid",
      `${releasePath(version)} is version ${record.version}`,
      "get it again",
    );
  }
  return { file, record };
}

/** A release as it stands there, unverified. Throws `unknown-release`, `record-invalid`. */
export async function readReleaseFile(
  repository: RepositoryReader,
  version: number,
): Promise<ReleaseFile> {
  return parseReleaseFile(await readText(repository, releasePath(version)));
}

/** The highest version a repository holds, or 0. */
export async function latestVersion(repository: RepositoryReader): Promise<number> {
  return (await repository.versions()).reduce((highest, version) => Math.max(highest, version), 0);
}

/** The version that `latest` names. Undefined for a text that is none. */
export function parseLatest(text: string): number | undefined {
  const match = /^([1-9]\d{0,9})\r?\n?$/.exec(text);
  const version = Number(match?.[1]);
  return version <= MAX_VERSION ? version : undefined;
}

/**
 * What a web server needs besides, as it lists no folder and hashes no blob: the piece lists of
 * those of the blobs `roots` that have none yet, then `latest`, which is to be written last.
 */
export async function* webFiles(
  repository: RepositoryReader,
  roots: Iterable<string>,
): AsyncGenerator<[path: string, bytes: Uint8Array]> {
  for (const root of new Set(roots)) {
    const blob = await repository.open(blobPath(root));
    if (blob && !(await repository.open(piecesPath(root))))
      yield [piecesPath(root), await hashPieces(blob)];
  }
  const latest = await latestVersion(repository);
  if (latest > 0) yield [LATEST_FILE, new TextEncoder().encode(`${latest}\n`)];
}

async function readText(repository: RepositoryReader, path: string): Promise<string> {
  const source = await repository.open(path);
  if (source === undefined) {
    const code = path === CHANNEL_FILE ? "repository-damaged" : "unknown-release";
    throw new InfieldError(
      code,
      `the repository has no ${path}`,
      "check that this is the repository you meant",
    );
  }
  const limit = repositoryFileLimit(path) ?? 0;
  if (source.size > limit)
    throw new InfieldError("limit-exceeded", `${path} is over ${limit} bytes`, "get it again");
  const text = fromUtf8(await source.read(0, source.size));
  if (text === undefined)
    throw new InfieldError("record-invalid", `${path} is not UTF-8`, "get it again");
  return text;
}
