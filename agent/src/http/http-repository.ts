/**
 * A repository on a plain web server. It needs no more than files: what is newest is in `latest`, a
 * blob's piece hashes are in `pieces/`, so every piece is checked as it comes, whoever sends it and
 * however often the connection broke.
 */
import { InfieldError, isAbort, MAX_BLOB_BYTES, PIECE_BYTES } from "@infield/shared/base";
import {
  blobName,
  LATEST_FILE,
  type OpenRepository,
  parseLatest,
  piecesPath,
  type RepositoryFile,
  repositoryFileLimit,
} from "@infield/shared/records";
import { bytesSource, checkRange } from "@infield/shared/tree";
import { askWeb, upstreamFailed, type Web, type WebAnswer } from "./ask-web.ts";

/** What `latest` says, and the server's mark for that text, which saves sending it again. */
export interface Latest {
  readonly version: number;
  readonly tag?: string | undefined;
}

export interface HttpRepository extends OpenRepository {
  /**
   * The newest version; one conditional request when `known` says what it was. Throws
   * `upstream-failed`, `repository-damaged`.
   */
  latest(known?: Latest): Promise<Latest>;
}

/** Versions before the newest that are asked for at most: how far a chain of deltas is followed. */
const MAX_BEFORE = 64;
/** Characters of a server's mark that are kept: real ones have forty. */
const MAX_TAG_CHARS = 200;

/**
 * Nothing is asked before something is read; `newest` was asked a moment ago. `close` ends what is
 * under way.
 */
export function openHttpRepository(
  base: URL,
  { clock, signal }: Web,
  newest?: Latest,
): HttpRepository {
  const closing = new AbortController();
  const web: Web = {
    clock,
    signal: AbortSignal.any([closing.signal, ...(signal ? [signal] : [])]),
  };
  /** Records, by path: a command reads some of them twice. */
  const records = new Map<string, Uint8Array | undefined>();
  let last = newest;

  async function latest(known?: Latest): Promise<Latest> {
    const url = new URL(LATEST_FILE, base);
    const headers = {
      "cache-control": "no-cache",
      ...(known?.tag && { "if-none-match": known.tag }),
    };
    const answer = await askWeb(url, "GET", headers, web);
    if (known && answer.status === 304) last = known;
    else
      last = {
        version: readLatest(url, await readWhole(url, answer, LATEST_FILE)),
        tag: tagOf(answer),
      };
    return last;
  }

  async function openRecord(path: string): Promise<RepositoryFile | undefined> {
    if (!records.has(path)) {
      const url = new URL(path, base);
      records.set(path, await readWhole(url, await askWeb(url, "GET", {}, web), path));
    }
    const bytes = records.get(path);
    return bytes && bytesSource(bytes);
  }

  async function openBlob(path: string, root: string): Promise<RepositoryFile | undefined> {
    const url = new URL(path, base);
    const answer = await askWeb(url, "HEAD", {}, web);
    answer.close();
    if (isMissing(answer)) return undefined;
    const size = Number(answer.headers.get("content-length") ?? Number.NaN);
    if (answer.status !== 200 || !(size <= MAX_BLOB_BYTES)) throw unexpected(url, answer);
    const list = new URL(piecesPath(root), base);
    return {
      ...webSource(url, size, web),
      async pieceList() {
        const bytes = await readWhole(list, await askWeb(list, "GET", {}, web), piecesPath(root));
        if (bytes) return bytes;
        throw notForTheWeb(list);
      },
    };
  }

  return {
    far: true,
    latest,
    async versions() {
      const { version } = last ?? (await latest());
      const oldest = Math.max(1, version - MAX_BEFORE);
      return Array.from({ length: version - oldest + 1 }, (_, before) => version - before);
    },
    async open(path) {
      if (repositoryFileLimit(path) === undefined) return undefined;
      const root = blobName(path);
      return root === undefined ? openRecord(path) : openBlob(path, root);
    },
    close: async () => closing.abort(),
  };
}

/** The bytes of a file that is asked for whole, or undefined when there is none. */
async function readWhole(
  url: URL,
  answer: WebAnswer,
  path: string,
): Promise<Uint8Array | undefined> {
  try {
    if (isMissing(answer)) return undefined;
    if (answer.status !== 200) throw unexpected(url, answer);
    const limit = repositoryFileLimit(path) ?? 0;
    const declared = Number(answer.headers.get("content-length") ?? limit);
    const first = await answer.read(1);
    // Of our own records none begins like this, and every login page does.
    if (first[0] === 0x3c && !path.startsWith("pieces/")) throw webPage(url);
    const bytes = declared > limit ? undefined : await answer.read(Math.min(declared, limit));
    if (bytes === undefined || 1 + bytes.length > limit) {
      throw new InfieldError(
        "limit-exceeded",
        `${url.href} is over ${limit} bytes`,
        "check that this is the repository you meant",
      );
    }
    return Buffer.concat([first, bytes]);
  } finally {
    answer.close();
  }
}

/**
 * The bytes of a large file. Reading on where the last read ended goes on with the same answer; a
 * connection that brought something and broke is opened once more at that place.
 */
function webSource(url: URL, size: number, web: Web): RepositoryFile {
  let open: { answer: WebAnswer; offset: number; isFresh: boolean } | undefined;

  async function openAt(offset: number): Promise<NonNullable<typeof open>> {
    open?.answer.close();
    open = undefined;
    const answer = await askWeb(url, "GET", { range: `bytes=${offset}-` }, web);
    await skipTo(url, answer, offset, size);
    return { answer, offset, isFresh: true };
  }

  async function readAt(offset: number, length: number): Promise<Uint8Array> {
    if (open?.offset !== offset) open = await openAt(offset);
    const bytes = await open.answer.read(length);
    if (bytes.length < length)
      throw upstreamFailed(url, "broke off", "it is tried again, and goes on there");
    open = { answer: open.answer, offset: offset + length, isFresh: false };
    // Whatever it sends behind its end is not listened to.
    if (open.offset === size) open.answer.close();
    return bytes;
  }

  return {
    size,
    async read(offset, length) {
      checkRange(size, offset, length);
      const hasBrought = open?.offset === offset && !open.isFresh;
      try {
        return await readAt(offset, length);
      } catch (error) {
        open?.answer.close();
        open = undefined;
        if (!hasBrought || isAbort(error)) throw error;
        return readAt(offset, length);
      }
    },
  };
}

/**
 * Brings an answer to `offset`: at once where the server knows ranges, else by reading what lies
 * before.
 */
async function skipTo(url: URL, answer: WebAnswer, offset: number, size: number): Promise<void> {
  const { status, headers } = answer;
  if (status === 206 && headers.get("content-range") === `bytes ${offset}-${size - 1}/${size}`)
    return;
  const whole = status === 200 && Number(headers.get("content-length") ?? size) === size;
  if (!whole) {
    answer.close();
    if (status === 200 || status === 206 || status === 416) throw changed(url);
    throw unexpected(url, answer);
  }
  for (let at = 0; at < offset; at += PIECE_BYTES)
    await answer.read(Math.min(PIECE_BYTES, offset - at));
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

function isMissing({ status }: WebAnswer): boolean {
  return status === 404 || status === 410;
}

const REPUBLISH = "copy the repository to the server again, all of it";

function notForTheWeb(url: URL): InfieldError {
  const hint = "check the address; a repository made without it gets it with its next release";
  return new InfieldError("repository-damaged", `${url.href} is not there`, hint);
}

function unexpected(url: URL, { status }: WebAnswer): InfieldError {
  const hint =
    status >= 500 || status === 429 ? "try again later" : "check the address, and the server's log";
  return upstreamFailed(url, `answered ${status}`, hint);
}

function webPage(url: URL): InfieldError {
  return upstreamFailed(
    url,
    "answered with a web page",
    "open it in a browser: the network may want a login, or this is not the repository's address",
  );
}

function changed(url: URL): InfieldError {
  return upstreamFailed(
    url,
    "changed while it was fetched",
    "let nobody replace blobs; it is tried again from the beginning",
  );
}
