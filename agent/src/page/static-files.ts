/**
 * The built page as files to serve. What exists is listed once, at start; a request is looked up in
 * that list, so no part of a URL ever becomes a path.
 */
import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import type { IncomingMessage, ServerResponse } from "node:http";
import { extname, join } from "node:path";

type ServeFile = (request: IncomingMessage, response: ServerResponse) => void;

const TYPES: Readonly<Record<string, string>> = {
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript; charset=utf-8",
  ".css": "text/css; charset=utf-8",
  ".json": "application/json",
  ".wasm": "application/wasm",
  ".svg": "image/svg+xml",
  ".png": "image/png",
  ".ico": "image/x-icon",
  ".woff2": "font/woff2",
  ".webmanifest": "application/manifest+json",
};

/**
 * Only our own scripts, no frames around the page, nothing sent elsewhere. WebAssembly needs its
 * own word.
 */
const POLICY = [
  "default-src 'self'",
  "script-src 'self' 'wasm-unsafe-eval'",
  "connect-src 'self' ws:",
  "worker-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join("; ");

const HEADERS: Readonly<Record<string, string>> = {
  "content-security-policy": POLICY,
  "x-content-type-options": "nosniff",
  // The token is in the page's address (after the #, which no referrer carries; twice is better).
  "referrer-policy": "no-referrer",
  "cross-origin-opener-policy": "same-origin",
  "cross-origin-embedder-policy": "require-corp",
  "cross-origin-resource-policy": "same-origin",
};

/** Files below this have a hash of their content in their name. */
const HASHED = "/assets/";

/** Lists a folder and serves what it held then. A folder that is missing serves nothing. */
export async function listStaticFiles(folder: string): Promise<ServeFile> {
  const files = await listFiles(folder);
  return (request, response) => {
    const path = (request.url ?? "").split("?")[0] ?? "";
    const url = path === "/" ? "/index.html" : path;
    const file = files.get(url);
    const isRead = request.method === "GET" || request.method === "HEAD";
    if (file === undefined || !isRead) {
      response.writeHead(file ? 405 : 404, { ...HEADERS, "content-type": "text/plain" });
      response.end(files.size === 0 ? "the page was not built: run npm run build\n" : "not here\n");
      return;
    }
    response.writeHead(200, {
      ...HEADERS,
      "content-type": TYPES[extname(url)] ?? "application/octet-stream",
      "cache-control": url.startsWith(HASHED) ? "public, max-age=31536000, immutable" : "no-cache",
    });
    if (request.method === "HEAD") response.end();
    else sendFile(file, response);
  };
}

/** By URL path; symbolic links are left out. */
async function listFiles(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  const files = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name));
  return new Map(
    files.map((file) => [file.slice(join(folder, ".").length).replaceAll("\\", "/"), file]),
  );
}

function sendFile(file: string, response: ServerResponse): void {
  const stream = createReadStream(file);
  stream.on("error", () => response.destroy());
  response.on("close", () => stream.destroy());
  stream.pipe(response);
}
