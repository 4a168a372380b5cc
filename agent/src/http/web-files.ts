/** Files of a repository on a web server: large ones by range, small ones whole. */
import { InfieldError, MAX_BLOB_BYTES } from "@infield/shared/base";
import { repositoryFileLimit } from "@infield/shared/records";
import { askWeb, unexpectedAnswer, upstreamFailed, type Web, type WebAnswer } from "./ask-web.ts";
import { WebSource } from "./web-source.ts";

/** Statuses by which servers, scripts and firewalls say that they do not do HEAD. */
const NO_HEAD = new Set([400, 403, 405, 500, 501]);

/** A large file, of which only the size is asked yet; undefined when there is none. */
export async function openSource(url: URL, web: Web): Promise<WebSource | undefined> {
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
export async function readWhole(url: URL, web: Web, path: string): Promise<Uint8Array | undefined> {
  return readAnswer(url, await askWeb(url, "GET", {}, web), web, path);
}

/** The same, once it was asked. */
export async function readAnswer(
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

function isMissing({ status }: WebAnswer): boolean {
  return status === 404 || status === 410;
}

function webPage(url: URL): InfieldError {
  return upstreamFailed(
    url,
    "answered with a web page",
    "open it in a browser: the network may want a login, or this is not the repository's address",
  );
}
