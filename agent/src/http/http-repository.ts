/**
 * A repository on a plain web server. It needs no more than files: what is newest is in `latest`, a
 * blob's piece hashes are in `pieces/`, so every piece is checked as it comes, whoever sends it and
 * however often the connection broke.
 */
import { InfieldError } from "@infield/shared/base";
import {
  blobName,
  LATEST_FILE,
  type OpenRepository,
  parseLatest,
  piecesPath,
  type RepositoryFile,
  repositoryFileLimit,
} from "@infield/shared/records";
import { bytesSource } from "@infield/shared/tree";
import { askWeb, type Web, type WebAnswer } from "./ask-web.ts";
import { openSource, readAnswer, readWhole } from "./web-files.ts";

/** What `latest` says, and the server's mark for that text, which saves sending it again. */
export interface Latest {
  readonly version: number;
  readonly tag?: string | undefined;
}

/** Versions before the newest that are asked for at most: how far a chain of deltas is followed. */
const MAX_BEFORE = 64;
/** Characters of a server's mark that are kept: real ones have forty. */
const MAX_TAG_CHARS = 200;

export class HttpRepository implements OpenRepository {
  readonly far = true;
  readonly #base: URL;
  readonly #web: Web;
  readonly #closing = new AbortController();
  /** Records, by path: a command reads some of them twice. */
  readonly #records = new Map<string, Uint8Array | undefined>();
  #latest: Latest | undefined;

  /** Nothing is asked before something is read; `newest` was asked a moment ago. */
  constructor(base: URL, { clock, signal }: Web, newest?: Latest) {
    const ending = this.#closing.signal;
    this.#base = base;
    this.#web = { clock, signal: signal ? AbortSignal.any([ending, signal]) : ending };
    this.#latest = newest;
  }

  /**
   * The newest version; one conditional request when `known` says what it was. Throws
   * `upstream-failed`, `repository-damaged`.
   */
  async latest(known?: Latest): Promise<Latest> {
    const url = new URL(LATEST_FILE, this.#base);
    const headers = {
      "cache-control": "no-cache",
      ...(known?.tag && { "if-none-match": known.tag }),
    };
    const answer = await askWeb(url, "GET", headers, this.#web);
    if (known && answer.status === 304) return this.#keepLatest(known);
    const bytes = await readAnswer(url, answer, this.#web, LATEST_FILE);
    return this.#keepLatest({ version: readLatest(url, bytes), tag: tagOf(answer) });
  }

  async versions(): Promise<number[]> {
    const { version } = this.#latest ?? (await this.latest());
    const oldest = Math.max(1, version - MAX_BEFORE);
    return Array.from({ length: version - oldest + 1 }, (_, before) => version - before);
  }

  async open(path: string): Promise<RepositoryFile | undefined> {
    if (repositoryFileLimit(path) === undefined) return undefined;
    const root = blobName(path);
    return root === undefined ? this.#openRecord(path) : this.#openBlob(path, root);
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#closing.abort();
  }

  #keepLatest(latest: Latest): Latest {
    this.#latest = latest;
    return latest;
  }

  async #openRecord(path: string): Promise<RepositoryFile | undefined> {
    if (!this.#records.has(path))
      this.#records.set(path, await readWhole(new URL(path, this.#base), this.#web, path));
    const bytes = this.#records.get(path);
    return bytes && bytesSource(bytes);
  }

  async #openBlob(path: string, root: string): Promise<RepositoryFile | undefined> {
    const source = await openSource(new URL(path, this.#base), this.#web);
    if (source === undefined) return undefined;
    return {
      size: source.size,
      read: (offset, length) => source.read(offset, length),
      pieceList: () => this.#readPieceList(root),
    };
  }

  async #readPieceList(root: string): Promise<Uint8Array> {
    const path = piecesPath(root);
    const url = new URL(path, this.#base);
    const bytes = await readWhole(url, this.#web, path);
    if (bytes === undefined) throw notForTheWeb(url);
    return bytes;
  }
}

function readLatest(url: URL, bytes: Uint8Array | undefined): number {
  const version = bytes && parseLatest(Buffer.from(bytes).toString("latin1"));
  if (version !== undefined) return version;
  throw bytes === undefined
    ? notForTheWeb(url)
    : new InfieldError("repository-damaged", `${url.href} names no version`, REPUBLISH);
}

/** Anything else would be sent back as a header of ours. */
function tagOf({ headers }: WebAnswer): string | undefined {
  const tag = headers.get("etag") ?? "";
  return /^(W\/)?"[!#-~]*"$/.test(tag) && tag.length <= MAX_TAG_CHARS ? tag : undefined;
}

const REPUBLISH = "copy the repository to the server again, all of it";

function notForTheWeb(url: URL): InfieldError {
  const hint = "check the address; a repository made without it gets it with its next release";
  return new InfieldError("repository-damaged", `${url.href} is not there`, hint);
}
