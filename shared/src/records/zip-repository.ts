/**
 * A repository as one .zip: from a stick, a mail, a stranger. Only the files that a repository has
 * are looked at, and each is unpacked when it is asked for: records first, and of the blobs only
 * those that a verified record names.
 */
import { InfieldError } from "../base/errors.ts";
import type { Spool } from "../tree/archive/archive.ts";
import { looksLikeZip } from "../tree/archive/zip.ts";
import { openZipFiles } from "../tree/archive/zip-files.ts";
import type { ByteSource } from "../tree/source.ts";
import {
  CHANNEL_FILE,
  type RepositoryReader,
  releaseVersion,
  repositoryFileLimit,
} from "./repository.ts";

/** A reader that holds something open until it is closed. */
export interface OpenRepository extends RepositoryReader {
  close(): Promise<void>;
}

/**
 * Lists a zip's repository, which may lie in a folder of it, as when somebody packed it by hand.
 * `fileName` is only for messages. Throws `repository-damaged` for what is no zip, and what
 * `openZipFiles` throws.
 */
export async function openZipRepository(
  source: ByteSource,
  fileName: string,
  spool: Spool,
  signal?: AbortSignal,
): Promise<OpenRepository> {
  if (!(await looksLikeZip(source))) throw notAZip(fileName);
  const files = await openZipFiles(source, isRepositoryPath, spool, signal);
  const folder = findFolder(files.paths);
  return {
    open: async (path) => files.open(folder + path),
    versions: async () =>
      files.paths.flatMap((path) => releaseVersion(path.slice(folder.length)) ?? []),
    close: files.close,
  };
}

/** In the zip itself, or in one folder of it. */
function isRepositoryPath(path: string): boolean {
  const inside = path.slice(path.indexOf("/") + 1);
  return repositoryFileLimit(path) !== undefined || repositoryFileLimit(inside) !== undefined;
}

/** What stands before every path of the repository: nothing, or a folder's name and "/". */
function findFolder(paths: readonly string[]): string {
  const chain = paths.includes(CHANNEL_FILE)
    ? CHANNEL_FILE
    : (paths.find((path) => path.endsWith(`/${CHANNEL_FILE}`)) ?? CHANNEL_FILE);
  return chain.slice(0, -CHANNEL_FILE.length);
}

function notAZip(fileName: string): InfieldError {
  return new InfieldError(
    "repository-damaged",
    `${JSON.stringify(fileName)} is neither a repository's folder nor a .zip of one`,
    "choose the folder or .zip that holds channel.json; unpack anything else first",
  );
}
