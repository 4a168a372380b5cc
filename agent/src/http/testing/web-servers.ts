/**
 * Web servers for tests: a real nginx that serves a folder, and one that answers whatever a test
 * wants it to.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isRoot } from "../../cli/testing/machine.ts";

/** A request as nginx logs it. */
export interface Logged {
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** Bytes of the whole answer, headers included, and of the request. */
  readonly sent: number;
  readonly received: number;
  readonly range: string;
}

export interface Nginx {
  readonly url: URL;
  /** Ends it once every answer is out; its log is whole then. */
  stop(): Promise<Logged[]>;
}

/** Serves a folder; `extra` goes into the server's configuration. */
export async function startNginx(folder: string, extra = ""): Promise<Nginx> {
  const work = await mkdtemp(join(tmpdir(), "infield-nginx-"));
  const port = await freePort();
  await mkdir(join(work, "temp"));
  await writeFile(join(work, "nginx.conf"), configure(work, folder, port, extra));
  const child = spawn("nginx", ["-p", work, "-c", join(work, "nginx.conf")], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  await untilReady(child);
  let log: Promise<Logged[]> | undefined;
  async function end(): Promise<Logged[]> {
    child.kill("SIGQUIT");
    await once(child, "exit");
    const lines = (await readFile(join(work, "access.log"), "utf8")).trim().split("\n");
    await rm(work, { recursive: true });
    return lines.filter((line) => line !== "").map((line) => JSON.parse(line));
  }
  return {
    url: new URL(`http${extra.includes("ssl_certificate") ? "s" : ""}://localhost:${port}/`),
    stop() {
      log ??= end();
      return log;
    },
  };
}

function configure(work: string, folder: string, port: number, extra: string): string {
  const temps = ["client_body", "proxy", "fastcgi", "scgi", "uwsgi"].map(
    (kind) => `${kind}_temp_path ${work}/temp/${kind};`,
  );
  const entry = [
    ...['"method":"$request_method"', '"path":"$uri"', '"status":$status', '"sent":$bytes_sent'],
    ...['"received":$request_length', '"range":"$http_range"'],
  ];
  return `
    daemon off; pid ${work}/nginx.pid; error_log stderr notice; ${isRoot ? "user root;" : ""} worker_processes 1; worker_shutdown_timeout 200ms;
    events {}
    http {
      ${temps.join(" ")}
      log_format told escape=json '{${entry.join(",")}}'; access_log ${work}/access.log told;
      types { application/json json; text/html html; } default_type application/octet-stream;
      gzip on; gzip_types *; gzip_min_length 1; keepalive_timeout 5;
      server { listen 127.0.0.1:${port}${extra.includes("ssl_certificate") ? " ssl" : ""}; root ${folder}; ${extra} }
    }`;
}

async function untilReady(child: ChildProcess): Promise<void> {
  const said: string[] = [];
  for await (const line of createInterface({ input: child.stderr as NodeJS.ReadableStream })) {
    said.push(line);
    if (line.includes("start worker process ")) {
      child.stderr?.resume();
      return;
    }
  }
  throw new Error(`nginx does not start: ${said.join("\n")}`);
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

export interface OddServer {
  readonly url: URL;
  /** `GET /path range`, in order. */
  readonly requests: string[];
  close(): Promise<void>;
}

/** Answers as it is told to. */
export async function startOddServer(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<OddServer> {
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push([request.method, request.url, request.headers.range].filter(Boolean).join(" "));
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: new URL(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`),
    requests,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
