/**
 * The bytes of a file on a web server, by range, over connections that break. What a connection
 * brought is kept, and the next one begins behind it; reading on where the last read ended goes on
 * with the same answer.
 */
import { PIECE_BYTES } from "@infield/shared/base";
import { type ByteSource, checkRange } from "@infield/shared/tree";
import { askWeb, unexpectedAnswer, upstreamFailed, type Web, type WebAnswer } from "./ask-web.ts";

/**
 * Bytes that a connection has to bring before another is opened for the rest: some links are cut
 * every few kilobytes, but a request costs most of one.
 */
const LEAST_BYTES_A_CONNECTION = 4096;

/** An answer that is being read. */
interface Connection {
  readonly answer: WebAnswer;
  /** Where its next byte belongs. */
  offset: number;
  /** Bytes it has brought. */
  brought: number;
}

export class WebSource implements ByteSource {
  readonly size: number;
  readonly #url: URL;
  readonly #web: Web;
  #connection: Connection | undefined;

  /** `answer`, when there is one already, is that to a request for the whole file. */
  constructor(url: URL, size: number, web: Web, answer?: WebAnswer) {
    this.size = size;
    this.#url = url;
    this.#web = web;
    this.#connection = answer && { answer, offset: 0, brought: 0 };
  }

  /** Throws `upstream-failed`, AbortError. */
  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this.size, offset, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length; ) {
      const part = await this.#readSome(offset + done, length - done);
      bytes.set(part, done);
      done += part.length;
    }
    return bytes;
  }

  /**
   * At least one byte, unless the connection ended or broke: then it is let go, and none may come.
   */
  async #readSome(offset: number, most: number): Promise<Uint8Array> {
    const connection = await this.#connectionAt(offset);
    const part = await connection.answer.read(most).catch((error: unknown) => {
      this.#letGo();
      if (!isWorthAnother(connection, most)) throw error;
      return new Uint8Array();
    });
    connection.offset += part.length;
    connection.brought += part.length;
    if (part.length < most) {
      this.#letGo();
      if (!isWorthAnother(connection, most))
        throw upstreamFailed(this.#url, "broke off", "it is tried again, and goes on there");
    }
    // Whatever it sends behind its end is not listened to.
    if (connection.offset === this.size) this.#letGo();
    return part;
  }

  async #connectionAt(offset: number): Promise<Connection> {
    if (this.#connection?.offset === offset) return this.#connection;
    this.#letGo();
    const headers = { range: `bytes=${offset}-` };
    const answer = await askWeb(this.#url, "GET", headers, this.#web);
    await skipTo(this.#url, answer, offset, this.size);
    this.#connection = { answer, offset, brought: 0 };
    return this.#connection;
  }

  #letGo(): void {
    this.#connection?.answer.close();
    this.#connection = undefined;
  }
}

/** True for a connection that brought enough, or nearly all that was wanted of it. */
function isWorthAnother({ brought }: Connection, wanted: number): boolean {
  return brought >= Math.min(LEAST_BYTES_A_CONNECTION, wanted);
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
    throw unexpectedAnswer(url, answer);
  }
  for (let at = 0; at < offset; at += PIECE_BYTES)
    await answer.read(Math.min(PIECE_BYTES, offset - at));
}

function changed(url: URL): Error {
  return upstreamFailed(
    url,
    "changed while it was fetched",
    "let nobody replace blobs; it is tried again from the beginning",
  );
}
