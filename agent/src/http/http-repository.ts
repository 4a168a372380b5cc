/**
 * A repository on a plain web server. It needs no more than files: what is newest is in `latest`, a
 * blob's piece hashes are in `pieces/`, so every piece is checked as it comes, whoever sends it and
 * however often the connection broke.
 */
import { InfieldError, MAX_BLOB_BYTES } from "@infield/shared/base";
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
import { askWeb, unexpectedAnswer, upstreamFailed, type Web, type WebAnswer } from "./ask-web.ts";
import { WebSource } from "./web-source.ts";

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
        version: readLatest(url, await readAnswer(url, answer, web, LATEST_FILE)),
        tag: tagOf(answer),
      };
    return last;
  }

  async function openRecord(path: string): Promise<RepositoryFile | undefined> {
    if (!records.has(path)) {
      const url = new URL(path, base);
      records.set(path, await readWhole(url, web, path));
    }
    const bytes = records.get(path);
    return bytes && bytesSource(bytes);
  }

  async function openBlob(path: string, root: string): Promise<RepositoryFile | undefined> {
    const source = await openSource(new URL(path, base), web);
    if (source === undefined) return undefined;
    const list = new URL(piecesPath(root), base);
    return {
      size: source.size,
      read: (offset, length) => source.read(offset, length),
      async pieceList() {
        const bytes = await readWhole(list, web, piecesPath(root));
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

/** Statuses by which servers, scripts and firewalls say that they do not do HEAD. */
const NO_HEAD = new Set([400, 403, 405, 500, 501]);

/** A large file, of which only the size is asked yet; undefined when there is none. */
async function openSource(url: URL, web: Web): Promise<WebSource | undefined> {
  const head = await askWeb(url, "HEAD", {}, web);
  head.close();
  if (isMissing(head)) return undefined;
  if (head.status === 200 && head.headers.has("content-length"))
    return new WebSource(url, sizeOf(url, head), web);
  if (head.status !== 200 && !NO_HEAD.has(head.status)) throw unexpectedAnswer(url, head);
  const answer = await askWeb(url, "GET", {}, web);
  if (answer.status === 200) return new WebSource(url, sizeOf(url, answer), web, answer);
  answer.close();
  if (isMissing(answer)) return undefined;
  throw unexpectedAnswer(url, answer);
}

function sizeOf(url: URL, answer: WebAnswer): number {
  const size = Number(answer.headers.get("content-length") ?? Number.NaN);
  if (size <= MAX_BLOB_BYTES) return size;
  answer.close();
  const fault = Number.isNaN(size) ? "does not tell the size of" : "has too large a size for";
  throw upstreamFailed(url, `${fault} a blob`, "have the server send it as it is, with its length");
}

/** The bytes of a file that is asked for whole, or undefined when there is none. */
async function readWhole(url: URL, web: Web, path: string): Promise<Uint8Array | undefined> {
  return readAnswer(url, await askWeb(url, "GET", {}, web), web, path);
}

async function readAnswer(
  url: URL,
  answer: WebAnswer,
  web: Web,
  path: string,
): Promise<Uint8Array | undefined> {
  try {
    if (isMissing(answer)) return undefined;
    if (answer.status !== 200) throw unexpectedAnswer(url, answer);
    const limit = repositoryFileLimit(path) ?? 0;
    const declared = Number(answer.headers.get("content-length") ?? Number.NaN);
    if (declared > limit) throw tooLarge(url, limit);
    const first = await answer.read(1);
    // Of our own records none begins like this, and every login page does.
    if (first[0] === 0x3c && !path.startsWith("pieces/")) throw webPage(url);
    const more = await answer.read(Number.isNaN(declared) ? limit : Math.max(0, declared - 1));
    const bytes = Buffer.concat([first, more]);
    if (bytes.length > limit) throw tooLarge(url, limit);
    if (Number.isNaN(declared) || bytes.length >= declared) return bytes;
    const rest = new WebSource(url, declared, web);
    return Buffer.concat([bytes, await rest.read(bytes.length, declared - bytes.length)]);
  } finally {
    answer.close();
  }
}

function tooLarge(url: URL, limit: number): InfieldError {
  return new InfieldError(
    "limit-exceeded",
    `${url.href} is over ${limit} bytes`,
    "check that this is the repository you meant",
  );
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

function webPage(url: URL): InfieldError {
  return upstreamFailed(
    url,
    "answered with a web page",
    "open it in a browser: the network may want a login, or this is not the repository's address",
  );
}
