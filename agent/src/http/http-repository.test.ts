import { cp, readFile, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { PIECE_BYTES } from "@infield/shared/base";
import {
  type BlobRecord,
  blobPath,
  type Channel,
  piecesPath,
  type RepositoryReader,
  readChannel,
  readReleases,
} from "@infield/shared/records";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { noNginx } from "../cli/testing/machine.ts";
import { openRoot } from "../store/root/open-root.ts";
import type { OpenRoot } from "../store/root/root.ts";
import { type ChannelFixture, createChannelFixture } from "../testing/channel-fixture.ts";
import { createFakeClock } from "../testing/fake-clock.ts";
import { codeOf } from "../testing/neighbours.ts";
import { type Clock, systemClock } from "../timing/clock.ts";
import { takeBlob } from "../update/take-records.ts";
import { HttpRepository } from "./http-repository.ts";
import { type Nginx, type OddServer, startNginx, startOddServer } from "./testing/web-servers.ts";

let fixture: ChannelFixture;
/** The full install of release 1: five pieces. */
let blob: BlobRecord;
let bytes: Buffer;
beforeAll(async () => {
  fixture = await createChannelFixture([{}, {}, {}]);
  const blobs = fixture.releases.flatMap(({ record }) => record.blobs);
  await fixture.repository.writeWebFiles(blobs.map(({ root }) => root));
  blob = blobs[0] as BlobRecord;
  bytes = await readFile(fixture.repository.blobFile(blob.root));
});
afterAll(() => fixture.remove());

function at(url: URL, clock: Clock = systemClock) {
  const repository = new HttpRepository(url, { clock });
  onTestFinished(() => repository.close());
  return repository;
}
function take(
  repository: RepositoryReader,
  root: OpenRoot,
  onProgress: (done: number) => void = () => {},
  signal?: AbortSignal,
): Promise<void> {
  return root.change((writable) => takeBlob(repository, writable, blob, onProgress, signal));
}

async function freshRoot(): Promise<OpenRoot> {
  const root = await openRoot(await fixture.makeRoot("laptop", 0));
  onTestFinished(root.close);
  return root;
}

/** A copy of the repository, to be spoiled. */
async function copyRepository(): Promise<string> {
  const folder = fixture.freshRoot("site");
  await cp(fixture.repository.path, folder, { recursive: true });
  return folder;
}

async function serve(folder: string, extra?: string): Promise<Nginx> {
  const nginx = await startNginx(folder, extra);
  onTestFinished(async () => void (await nginx.stop()));
  return nginx;
}

async function serveOddly(answer: Parameters<typeof startOddServer>[0]): Promise<OddServer> {
  const server = await startOddServer(answer);
  onTestFinished(server.close);
  return server;
}

/** A file of the repository as Node sends it, with ranges. */
async function answerWell(
  path: string,
  range: string | undefined,
  send: (status: number, headers: object, body: Buffer) => void,
) {
  const content = await readFile(join(fixture.repository.path, path)).catch(() => undefined);
  if (content === undefined) return send(404, {}, Buffer.alloc(0));
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? Number.NaN);
  if (Number.isNaN(from)) return send(200, { "content-length": content.length }, content);
  const total = content.length;
  const headers = {
    "content-length": total - from,
    "content-range": `bytes ${from}-${total - 1}/${total}`,
  };
  send(206, headers, content.subarray(from));
}

/** Bytes after which some school links cut a connection. */
const CUT = 20_000;

const withNginx = describe.skipIf(noNginx !== undefined);
const skipped = noNginx ? ` (skipped: ${noNginx})` : "";

withNginx(`a repository on nginx${skipped}`, () => {
  it("is read record by record, the newest first, and no more of it than leads there from what is installed", async () => {
    const nginx = await serve(fixture.repository.path);
    const repository = at(nginx.url);
    const { channel } = await readChannel(repository, fixture.channel.id);
    const found = await readReleases(repository, channel as Channel, { current: 1 });
    expect(found.releases.map(({ record }) => record.version)).toEqual([2, 3]);
    const asked = (await nginx.stop()).map(({ path }) => path);
    expect(asked).toEqual(["/channel.json", "/latest", "/releases/3.json", "/releases/2.json"]);
  });

  it("says in less than 600 bytes both ways that nothing is new", async () => {
    const nginx = await serve(fixture.repository.path);
    const first = await at(nginx.url).latest();
    expect(first).toEqual({ version: 3, tag: expect.stringMatching(/^".+"$/) });
    expect(await at(nginx.url).latest(first)).toEqual(first);
    const [, again] = await nginx.stop();
    expect(again).toMatchObject({ path: "/latest", status: 304 });
    expect((again?.sent ?? 0) + (again?.received ?? 0)).toBeLessThan(600);
  });

  it("gives a blob in one answer", async () => {
    const nginx = await serve(fixture.repository.path);
    const root = await freshRoot();
    await take(at(nginx.url), root);
    expect(bytes.equals(await readFile(root.repository.blobFile(blob.root)))).toBe(true);
    const asked = (await nginx.stop()).map(
      ({ method, path, status }) => `${method} ${path} ${status}`,
    );
    expect(asked).toEqual([
      `HEAD /${blobPath(blob.root)} 200`,
      `GET /${piecesPath(blob.root)} 200`,
      `GET /${blobPath(blob.root)} 206`,
    ]);
  });

  it("goes on where an earlier try stopped", async () => {
    const nginx = await serve(fixture.repository.path);
    const root = await freshRoot();
    const stop = new AbortController();
    const stopLate = (done: number) => done > 2 * PIECE_BYTES && stop.abort();
    const first = take(at(nginx.url), root, stopLate, stop.signal);
    expect(await codeOf(first)).toBe("AbortError");
    await take(at(nginx.url), root);
    const gets = (await nginx.stop()).filter(
      ({ method, path }) => method === "GET" && path.startsWith("/blobs"),
    );
    expect(gets.map(({ range }) => range)).toEqual(["bytes=0-", `bytes=${3 * PIECE_BYTES}-`]);
    expect(gets[1]?.sent).toBeLessThan(bytes.length - 3 * PIECE_BYTES + 400);
  });

  it("that does not know ranges is read from its beginning, and what is held is passed over", async () => {
    const nginx = await serve(fixture.repository.path, "max_ranges 0;");
    const root = await freshRoot();
    const stop = new AbortController();
    await take(at(nginx.url), root, () => stop.abort(), stop.signal).catch(() => {});
    await take(at(nginx.url), root);
    expect(bytes.equals(await readFile(root.repository.blobFile(blob.root)))).toBe(true);
  });

  it("is left at the first wrong piece, and what was right before stays", async () => {
    const folder = await copyRepository();
    const wrong = Buffer.from(bytes);
    wrong[2 * PIECE_BYTES + 5] = (wrong[2 * PIECE_BYTES + 5] ?? 0) ^ 1;
    await writeFile(join(folder, blobPath(blob.root)), wrong);
    const spoilt = await serve(folder);
    const sound = await serve(fixture.repository.path);
    const root = await freshRoot();
    expect(await codeOf(take(at(spoilt.url), root))).toBe("blob-damaged");
    await take(at(sound.url), root);
    expect((await sound.stop()).at(-1)?.range).toBe(`bytes=${2 * PIECE_BYTES}-`);
  });

  it("whose blob is truncated, or replaced by another of the same length, changes nothing here", async () => {
    const folder = await copyRepository();
    const path = join(folder, blobPath(blob.root));
    const nginx = await serve(folder);
    const root = await freshRoot();
    await truncate(path, bytes.length - 1);
    expect(await codeOf(take(at(nginx.url), root))).toBe("blob-damaged");
    await writeFile(path, Buffer.alloc(bytes.length));
    expect(await codeOf(take(at(nginx.url), root))).toBe("blob-damaged");
    expect(await root.repository.hasBlob(blob.root, blob.bytes)).toBe(false);
  });

  it("whose blob is replaced in the middle by one of another length is read no further", async () => {
    const folder = await copyRepository();
    const nginx = await serve(folder);
    const source = await at(nginx.url).open(blobPath(blob.root));
    await source?.read(0, 10);
    await truncate(join(folder, blobPath(blob.root)), 2 * PIECE_BYTES);
    const reading = source?.read(PIECE_BYTES, 10) ?? Promise.resolve();
    await expect(reading).rejects.toMatchObject({
      code: "upstream-failed",
      message: expect.stringContaining("changed while"),
    });
  });

  it("may send on to another place, but not in a circle", async () => {
    const moved = await serve(
      fixture.repository.path,
      "location /old/ { rewrite ^/old/(.*) /$1 redirect; } location /loop/ { return 301 /loop/again; }",
    );
    expect(await at(new URL("old/", moved.url)).latest()).toMatchObject({ version: 3 });
    await expect(at(new URL("loop/", moved.url)).latest()).rejects.toMatchObject({
      code: "upstream-failed",
      message: expect.stringContaining("redirects more than 5 times"),
    });
    expect(await moved.stop()).toHaveLength(2 + 6);
  });

  it("that is no repository is told from one that lacks a file", async () => {
    const folder = await copyRepository();
    await writeFile(join(folder, "latest"), "<html><body>Please log in</body></html>");
    const portal = await serve(folder, "location / { try_files /latest =404; }");
    await expect(at(portal.url).open("channel.json")).rejects.toMatchObject({
      code: "upstream-failed",
      message: `${portal.url.href}channel.json answered with a web page`,
    });
    const bare = await serve(join(fixture.repository.path, "blobs"));
    expect(await at(bare.url).open("channel.json")).toBeUndefined();
    expect(await codeOf(at(bare.url).latest())).toBe("repository-damaged");
    const broken = await serve(folder, "location / { return 503; }");
    await expect(at(broken.url).latest()).rejects.toMatchObject({
      code: "upstream-failed",
      message: `${broken.url.href}latest answered 503`,
    });
  });
});

describe("a web server that misbehaves", () => {
  it("by breaking off is asked for the rest at once, as long as something comes", async () => {
    const server = await serveOddly((request, response) => {
      void answerWell(request.url ?? "", request.headers.range, (status, headers, body) => {
        response.writeHead(status, { ...headers });
        // Headers that promise everything, and a little more than a piece.
        if (request.method === "HEAD" || body.length < PIECE_BYTES) response.end(body);
        else response.write(body.subarray(0, PIECE_BYTES + 10), () => response.destroy());
      });
    });
    const root = await freshRoot();
    await take(at(server.url), root);
    expect(bytes.equals(await readFile(root.repository.blobFile(blob.root)))).toBe(true);
    const ranges = server.requests.flatMap((request) => /bytes=.*/.exec(request) ?? []);
    expect(ranges).toEqual(
      [0, 1, 2, 3, 4].slice(0, ranges.length).map((n) => `bytes=${n * (PIECE_BYTES + 10)}-`),
    );
  });

  it("by cutting every answer after 20 kB is read to the end", async () => {
    const server = await serveOddly((request, response) => {
      void answerWell(request.url ?? "", request.headers.range, (status, headers, body) => {
        response.writeHead(status, { ...headers });
        if (request.method === "HEAD" || body.length <= CUT) response.end(body);
        else response.write(body.subarray(0, CUT), () => response.destroy());
      });
    });
    const root = await freshRoot();
    await take(at(server.url), root);
    expect(bytes.equals(await readFile(root.repository.blobFile(blob.root)))).toBe(true);
    const requests = server.requests.filter((request) => request.includes("bytes="));
    expect(requests.length).toBeGreaterThan(bytes.length / CUT - 1);
  });

  it("by cutting a long piece list is asked for the rest of it", async () => {
    const list = Buffer.alloc(100_000, "abcdefg");
    const server = await serveOddly((request, response) => {
      const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? "")?.[1] ?? 0);
      const range = `bytes ${from}-${list.length - 1}/${list.length}`;
      response.writeHead(from > 0 ? 206 : 200, {
        "content-length": list.length - from,
        ...(from > 0 && { "content-range": range }),
      });
      response.write(list.subarray(from, from + CUT), () => response.destroy());
    });
    const found = await at(server.url).open(piecesPath("0".repeat(64)));
    expect(list.equals((await found?.read(0, found.size)) ?? Buffer.alloc(0))).toBe(true);
  });

  it.each([405, 501, 403])("by answering HEAD with %i is asked by GET alone", async (refusal) => {
    const server = await serveOddly((request, response) => {
      if (request.method === "HEAD") return void response.writeHead(refusal).end();
      void answerWell(request.url ?? "", request.headers.range, (status, headers, body) => {
        response.writeHead(status, { ...headers }).end(body);
      });
    });
    const root = await freshRoot();
    await take(at(server.url), root);
    expect(bytes.equals(await readFile(root.repository.blobFile(blob.root)))).toBe(true);
    expect(server.requests.filter((request) => request.startsWith("GET /blobs"))).toHaveLength(1);
    expect(await at(server.url).open(blobPath("0".repeat(64)))).toBeUndefined();
  });

  it("by breaking off before a piece has come is given up", async () => {
    const server = await serveOddly((request, response) => {
      void answerWell(request.url ?? "", request.headers.range, (status, headers, body) => {
        response.writeHead(status, { ...headers });
        if (request.headers.range === undefined)
          response.end(request.method === "HEAD" ? undefined : body);
        else response.write(body.subarray(0, 100), () => response.destroy());
      });
    });
    expect(await codeOf(take(at(server.url), await freshRoot()))).toBe("upstream-failed");
    expect(server.requests.filter((request) => request.includes("bytes="))).toHaveLength(1);
  });

  it("by sending without end is cut off at what the file may have", async () => {
    let sent = 0;
    const server = await serveOddly((_, response) => {
      const more = () => {
        if (response.destroyed) return;
        sent += 65_536;
        if (response.write(Buffer.alloc(65_536, "7"))) setImmediate(more);
        else response.once("drain", more);
      };
      more();
    });
    expect(await codeOf(at(server.url).latest())).toBe("limit-exceeded");
    expect(sent).toBeLessThan(64 << 20);
  });

  it.each([
    ["nothing", "", 1],
    ["one byte, and then nothing", "3", 3],
  ])("by sending %s is left after its time", async (_, sent, timers) => {
    const clock = createFakeClock();
    let started = 0;
    const untilItWaits: typeof clock = {
      ...clock,
      startTimer(ms, run) {
        if (++started === timers) setImmediate(() => clock.advance(ms));
        return clock.startTimer(ms, run);
      },
    };
    const server = await serveOddly((_, response) => void response.write(sent));
    await expect(at(server.url, untilItWaits).latest()).rejects.toMatchObject({
      code: "upstream-failed",
      message: expect.stringContaining("sends too slowly"),
    });
    expect(clock.waiting()).toBe(0);
  });

  it("by packing what it sends is refused", async () => {
    const server = await serveOddly((_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync("3\n"));
    });
    await expect(at(server.url).latest()).rejects.toMatchObject({
      message: expect.stringContaining("packs its answers (gzip)"),
    });
  });

  it("by naming no version is told so", async () => {
    for (const text of ["", "0\n", "-1", "3.5", "v3", "99999999999"]) {
      const server = await serveOddly((_, response) => void response.end(text));
      expect(await codeOf(at(server.url).latest())).toBe("repository-damaged");
    }
  });

  it("by not being there is told so", async () => {
    const server = await startOddServer(() => {});
    await server.close();
    await expect(at(server.url).latest()).rejects.toMatchObject({
      code: "upstream-failed",
      message: `${server.url.href}latest cannot be reached (ECONNREFUSED)`,
      hint: "check that this laptop has Internet, and that the server runs",
    });
  });

  it("by sending a mark that is no mark does not get it back", async () => {
    const server = await serveOddly((_, response) => {
      response.setHeader("etag", `"${"x".repeat(500)}"`).end("3\n");
    });
    expect(await at(server.url).latest()).toEqual({ version: 3, tag: undefined });
  });

  it("without piece lists is told what is missing, and no blob is fetched", async () => {
    const server = await serveOddly((request, response) => {
      if (request.url?.startsWith("/pieces/")) response.writeHead(404).end();
      else
        response
          .writeHead(200, { "content-length": bytes.length })
          .end(request.method === "HEAD" ? undefined : bytes);
    });
    expect(await codeOf(take(at(server.url), await freshRoot()))).toBe("repository-damaged");
    expect(server.requests.map((request) => request.slice(0, 11))).toEqual([
      "HEAD /blobs",
      "GET /pieces",
    ]);
  });
});
