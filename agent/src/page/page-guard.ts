/**
 * Who may talk to the page's listener. Browsers let any site send requests to localhost and open
 * WebSockets to it: a wrong Host is a name that was made to point here (DNS rebinding), a wrong
 * Origin is somebody else's page.
 */
import { createHash, timingSafeEqual } from "node:crypto";
import type { IncomingMessage } from "node:http";

/** Names of this machine that a page's address may have. */
const NAMES = ["localhost", "127.0.0.1", "[::1]"];

/** True when the request names this listener and nothing else. */
export function isOurHost(request: IncomingMessage): boolean {
  return NAMES.some((name) => request.headers.host === `${name}:${request.socket.localPort}`);
}

/** True for our own page, and for programs that are no browser and send no Origin. */
export function isOurOrigin(request: IncomingMessage): boolean {
  const { origin } = request.headers;
  return (
    origin === undefined ||
    NAMES.some((name) => origin === `http://${name}:${request.socket.localPort}`)
  );
}

/**
 * Compares in a time that says nothing of how much was right: hashes have one length, whatever was
 * sent.
 */
export function isToken(given: string, token: string): boolean {
  const [a, b] = [given, token].map((text) => createHash("sha256").update(text).digest());
  return a !== undefined && b !== undefined && timingSafeEqual(a, b);
}
