/** Repositories on this machine: a plain folder that is read and written, or a .zip of one that is only read. */
import type { Chain, ReleaseFile, ReleaseRecord, RepositoryReader } from "@infield/shared";

/** A repository folder: a stick, a volunteer's `-d REPO`, or the one inside a laptop's root. */
export interface FolderRepository extends RepositoryReader {
  readonly path: string;
  /** Writes `channel.json`, whole or not at all. The caller has verified the chain. Throws `no-space`, `io-failed`. */
  writeChain(chain: Chain): Promise<void>;
  /** Writes `releases/<n>.json`. `record` is the verified record of `file`. Throws `no-space`, `io-failed`. */
  writeRelease(file: ReleaseFile, record: ReleaseRecord): Promise<void>;
  /** Writes a blob from memory, for whoever just made it. Throws `no-space`, `io-failed`. */
  writeBlob(chunks: readonly Uint8Array[]): Promise<{ root: string; bytes: number }>;
  /** Where the blob `root` lies, or would lie. */
  blobFile(root: string): string;
  /** True when there is a blob of that name and size; its bytes are checked where they are used. */
  hasBlob(root: string, bytes: number): Promise<boolean>;
}

/** A reader that holds files open until it is closed. */
export interface OpenRepository extends RepositoryReader {
  close(): Promise<void>;
}

/** A repository folder; it and its folders are made when they are first written to. */
export declare function folderRepository(path: string): FolderRepository;

/**
 * What a person names as REPO: a folder or a .zip. Throws `repository-damaged` when it holds no `channel.json`, and what
 * `openTree` throws for archives.
 */
export declare function openRepository(path: string): Promise<OpenRepository>;
