/**
 * One question to a web server, which may be anything: slow, lying, or a network's login page in
 * its place. What is read is read on demand, so the connection's own back-pressure bounds memory,
 * and each read has its time.
 */
import { InfieldError, isAbort } from "@infield/shared/base";
import { errorCode } from "../host/file-source.ts";
import type { Clock } from "../timing/clock.ts";

export interface Web {
  readonly clock: Clock;
  /** Ends everything that is under way. */
  readonly signal?: AbortSignal | undefined;
}

export interface WebAnswer {
  readonly status: number;
  readonly headers: Headers;
  /**
   * The next `length` bytes; fewer at the end, and where the connection broke after some had come:
   * the next read says why. Throws `upstream-failed`, AbortError.
   */
  read(length: number): Promise<Uint8Array>;
  /** Lets go of the connection. */
  close(): void;
}

/** From a name to a mirror and to its canonical form; a loop ends here. */
const MAX_REDIRECTS = 5;
/**
 * Milliseconds until headers come, and on top of what bytes take: a satellite answers in 2 s, a
 * modem dials for half a minute.
 */
const ANSWER_MS = 60_000;
/**
 * Bytes a second at the least, over one read: a fifth of what the slowest mobile network carries.
 */
const LEAST_RATE = 1024;

const REDIRECTS = [301, 302, 303, 307, 308];

/** Asks, and follows where it is sent. Throws `upstream-failed`, AbortError. */
export async function askWeb(
  url: URL,
  method: "GET" | "HEAD",
  headers: Readonly<Record<string, string>>,
  web: Web,
): Promise<WebAnswer> {
  const stop = new AbortController();
  const signal = web.signal ? AbortSignal.any([web.signal, stop.signal]) : stop.signal;
  const asking = new AbortController();
  let reader: ReadableStreamDefaultReader | undefined;
  // Aborting an answer that is being read would leave its connection open for seconds; cancelling
  // closes it.
  const end = () => (reader ? void reader.cancel().catch(() => {}) : asking.abort());
  signal.addEventListener("abort", end);
  if (signal.aborted) end();

  /** Within its time; whatever goes wrong is told as ours. */
  async function timed<T>(ms: number, work: () => Promise<T>): Promise<T> {
    const cancel = web.clock.startTimer(ms, () =>
      stop.abort(upstreamFailed(url, "sends too slowly", SLOW)),
    );
    try {
      const result = await work();
      signal.throwIfAborted();
      return result;
    } catch (error) {
      throw signal.aborted ? signal.reason : asUpstreamFailed(url, error);
    } finally {
      cancel();
    }
  }
  const init = { method, headers: { ...SAID, ...headers }, signal: asking.signal };
  const response = await timed(ANSWER_MS, () => follow(url, init));
  reader = response.body?.getReader();
  const next = createReading(reader);
  return {
    status: response.status,
    headers: response.headers,
    read: (length) => timed(ANSWER_MS + (length / LEAST_RATE) * 1000, () => next(length)),
    close: () => stop.abort(),
  };
}

/**
 * All that a server is told besides the file's name: no name of the laptop, no cookie. Nothing is
 * to be packed once more.
 */
const SAID = { "user-agent": "infield", accept: "*/*", "accept-encoding": "identity" };

async function follow(from: URL, init: RequestInit): Promise<Response> {
  let url = from;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(url.href, { ...init, redirect: "manual" });
    if (!REDIRECTS.includes(response.status)) return checkEncoding(url, response);
    await response.body?.cancel();
    url = redirected(url, response.headers.get("location") ?? "");
  }
  throw upstreamFailed(
    from,
    `redirects more than ${MAX_REDIRECTS} times`,
    "check the address, or the server",
  );
}

/**
 * Throws where it is not on the web, and where others on the way could read and change what was to
 * be secret from them.
 */
function redirected(from: URL, location: string): URL {
  const to = URL.canParse(location, from.href) ? new URL(location, from) : undefined;
  const allowed = from.protocol === "https:" ? ["https:"] : ["http:", "https:"];
  if (to && allowed.includes(to.protocol)) return to;
  throw upstreamFailed(
    from,
    `redirects to ${JSON.stringify(location.slice(0, 200))}`,
    "give the final address itself",
  );
}

/** What is unpacked on the way would be as large as its sender likes. */
function checkEncoding(url: URL, response: Response): Response {
  const encoding = response.headers.get("content-encoding") ?? "identity";
  if (encoding === "identity") return response;
  throw upstreamFailed(
    url,
    `packs its answers (${encoding.slice(0, 40)})`,
    "have the server send these files as they are",
  );
}

/** Reads a body piece by piece. */
function createReading(
  reader: ReadableStreamDefaultReader | undefined,
): (length: number) => Promise<Uint8Array> {
  let rest = new Uint8Array();
  return async (length) => {
    const bytes = new Uint8Array(length);
    let done = 0;
    while (done < length) {
      if (rest.length === 0) {
        // A stream that broke breaks again when it is read again.
        const chunk = await reader?.read().catch((error: unknown) => {
          if (done === 0) throw error;
        });
        if (chunk?.value === undefined) break;
        rest = chunk.value;
      }
      const part = rest.subarray(0, length - done);
      bytes.set(part, done);
      rest = rest.subarray(part.length);
      done += part.length;
    }
    return bytes.subarray(0, done);
  };
}

const SLOW = "it is tried again later, and goes on where it stopped";

export function upstreamFailed(
  url: URL,
  what: string,
  hint: string,
  cause?: unknown,
): InfieldError {
  return new InfieldError("upstream-failed", `${url.href} ${what}`, hint, cause);
}

/** A status that says neither yes nor that there is nothing. */
export function unexpectedAnswer(url: URL, { status }: WebAnswer): InfieldError {
  const hint =
    status >= 500 || status === 429 ? "try again later" : "check the address, and the server's log";
  return upstreamFailed(url, `answered ${status}`, hint);
}

/** Node says "fetch failed" and has the reason inside. */
function asUpstreamFailed(url: URL, error: unknown): unknown {
  if (error instanceof InfieldError || isAbort(error)) return error;
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = errorCode(cause) ?? (cause instanceof Error ? cause.message : "unknown");
  const [, what, hint] = REASONS.find(([pattern]) => pattern.test(code)) ?? [];
  return upstreamFailed(url, `${what ?? "broke off"} (${code})`, hint ?? SLOW, error);
}

const REASONS: readonly (readonly [pattern: RegExp, what: string, hint: string])[] = [
  [
    /ENOTFOUND|EAI_AGAIN/,
    "cannot be found",
    "check the address, and that this laptop has Internet",
  ],
  [
    /ECONNREFUSED|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|CONNECT_TIMEOUT/,
    "cannot be reached",
    "check that this laptop has Internet, and that the server runs",
  ],
  [
    /CERT|SIGNATURE|SELF_SIGNED|TLS|SSL/,
    "has a certificate that this laptop does not trust",
    "check the laptop's clock; NODE_EXTRA_CA_CERTS=FILE trusts an authority of your own",
  ],
];
