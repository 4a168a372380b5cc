/**
 * Commands on a repository that lies on a web server: a real nginx, and one that does what nginx
 * does not.
 */
import { execFileSync, spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { PIECE_BYTES } from "@infield/shared/base";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { startNginx, startOddServer } from "../http/testing/web-servers.ts";
import { type ClassWorkshop, openClassWorkshop } from "./testing/class-workshop.ts";
import { noCertificates, noNginx } from "./testing/machine.ts";
import { startAgent } from "./testing/running-agent.ts";
import { describeFolder } from "./testing/workshop.ts";

let shop: ClassWorkshop;
beforeAll(async () => {
  shop = await openClassWorkshop();
  // A full install of several pieces.
  mkdirSync(shop.at("large"));
  writeFileSync(shop.at("large/noise"), randomBytes(3.5 * PIECE_BYTES));
  await shop.ask(
    "release",
    "create",
    "-d",
    "repo",
    "--key",
    "class.key",
    "--tree",
    "large",
    "--level",
    "fast",
  );
});
afterAll(() => shop.close());

async function serve(extra?: string) {
  const nginx = await startNginx(shop.at("repo"), extra);
  onTestFinished(async () => void (await nginx.stop()));
  return nginx;
}

const noServer = noNginx ? ` (skipped: ${noNginx})` : "";
const noSecrets = noNginx ?? noCertificates;

describe.skipIf(noNginx !== undefined)(`a repository on nginx${noServer}`, () => {
  it("is installed from, and nothing is fetched of it that is not needed", async () => {
    const nginx = await serve();
    const { exitCode, stdout, stderr } = await shop.run([
      "install",
      nginx.url.href,
      "--root",
      "laptop",
    ]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^version 3 of Class 4b is installed\n/);
    expect(describeFolder(shop.at("laptop/current/."))).toEqual(describeFolder(shop.at("large")));
    const root = shop.recordOf(3).blobs[0]?.root;
    expect((await nginx.stop()).map(({ method, path }) => `${method} ${path}`)).toEqual([
      ...["GET /channel.json", "GET /latest", "GET /releases/3.json", `HEAD /blobs/${root}`],
      ...[`GET /pieces/${root}`, `GET /blobs/${root}`],
    ]);
  });

  it("leaves no root behind where there is none, or one of another channel", async () => {
    const nginx = await serve();
    const elsewhere = new URL("blobs/", nginx.url).href;
    expect(await shop.refuse("install", elsewhere, "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "repository-damaged", message: `"${elsewhere}" holds no channel.json` },
    });
    const other = "0".repeat(64);
    expect(
      await shop.refuse("install", nginx.url.href, "--root", "none", "--channel", other),
    ).toMatchObject({
      error: { code: "unknown-channel" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });

  it("mends what a root has lost", async () => {
    const nginx = await serve();
    await shop.ask("install", "repo", "--root", "edited");
    const file = shop.at("edited/current/noise");
    chmodSync(file, 0o644);
    writeFileSync(file, "a child was here");
    rmSync(shop.at("edited/repository/blobs"), { recursive: true });
    const mended = await shop.ask(
      "doctor",
      "--root",
      "edited",
      "--repair",
      "--from",
      nginx.url.href,
    );
    expect(mended.problems).toEqual([]);
    expect(readFileSync(file).equals(readFileSync(shop.at("large/noise")))).toBe(true);
  });

  it("is what `infield update` asks too, and `infield status` tells of, once an agent had it as --upstream", async () => {
    const nginx = await serve();
    const root = shop.at("asking");
    await shop.ask("install", "repo", "--root", root);
    const agent = await startAgent(shop, root, "--no-presence", "--upstream", nginx.url.href);
    await agent.end("SIGINT");
    expect((await shop.run(["status", "--root", root])).stdout).toContain(
      `upstream     ${nginx.url.href}\n  not asked yet; infield update asks at once\n`,
    );
    const { stdout } = await shop.run(["update", "--root", root]);
    expect(stdout).toMatch(/\nupstream http:.*\n {2}asked 20.*: its newest is version 3\n$/);
    await nginx.stop();
    const again = await shop.run(["update", "--root", root]);
    expect(again.exitCode).toBe(1);
    expect(again.stdout).toContain(
      "latest cannot be reached (ECONNREFUSED) (upstream-failed)\n  check that",
    );
    expect(await shop.ask("status", "--root", root)).toMatchObject({
      upstream: {
        url: nginx.url.href,
        latest: { version: 3 },
        problem: { code: "upstream-failed" },
      },
    });
  });
});

describe.skipIf(noSecrets !== undefined)(
  `a repository behind https${noSecrets ? ` (skipped: ${noSecrets})` : ""}`,
  () => {
    beforeAll(() => {
      const subject = [
        "-subj",
        "/CN=localhost",
        "-addext",
        "subjectAltName=DNS:localhost",
        "-days",
        "2",
      ];
      const files = ["-keyout", shop.at("web.key"), "-out", shop.at("web.pem")];
      const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-x509"];
      execFileSync("openssl", ["req", ...kind, ...subject, ...files], { stdio: "pipe" });
    });
    const secret = (more = "") =>
      `ssl_certificate ${shop.at("web.pem")}; ssl_certificate_key ${shop.at("web.key")}; ${more}`;

    it("is installed from when its certificate is trusted, and refused when it is not", async () => {
      const nginx = await serve(secret());
      const strange = await shop.refuse("install", nginx.url.href, "--root", "secret");
      expect(strange.error.message).toMatch(
        /has a certificate that this laptop does not trust \(DEPTH_ZERO/,
      );
      const env = { NODE_EXTRA_CA_CERTS: shop.at("web.pem") };
      const { exitCode } = await shop.run(["install", nginx.url.href, "--root", "secret"], { env });
      expect(exitCode).toBe(0);
    });

    it("is not read where it sends on to plain http", async () => {
      const nginx = await serve(secret("location / { return 302 http://localhost/elsewhere; }"));
      const env = { NODE_EXTRA_CA_CERTS: shop.at("web.pem") };
      const { stderr } = await shop.run(["install", nginx.url.href, "--root", "open"], { env });
      expect(stderr).toContain('redirects to "http://localhost/elsewhere" (upstream-failed)');
    });
  },
);

describe("an install from the web", () => {
  it("that was killed in the middle goes on there", async () => {
    let stalls = true;
    const server = await startOddServer((request, response) => {
      const file = readFileSync(join(shop.at("repo"), request.url ?? ""));
      const from = Number(/\d+/.exec(request.headers.range ?? "")?.[0] ?? Number.NaN);
      if (Number.isNaN(from)) {
        response
          .writeHead(200, { "content-length": file.length })
          .end(request.method === "GET" ? file : "");
        return;
      }
      response.writeHead(206, {
        "content-range": `bytes ${from}-${file.length - 1}/${file.length}`,
      });
      if (stalls) response.write(file.subarray(from, from + 2.5 * PIECE_BYTES));
      else response.end(file.subarray(from));
    });
    onTestFinished(server.close);
    const part = shop.at(`killed/incoming/${shop.recordOf(3).blobs[0]?.root}.part`);
    const child = spawn(process.execPath, [
      shop.infield,
      "install",
      server.url.href,
      "--root",
      shop.at("killed"),
    ]);
    await untilHolds(part, 2 * PIECE_BYTES);
    child.kill("SIGKILL");
    await once(child, "exit");
    stalls = false;
    await shop.ask("install", server.url.href, "--root", "killed");
    const ranges = server.requests.flatMap((request) => /bytes=.*/.exec(request) ?? []);
    expect(ranges).toEqual(["bytes=0-", `bytes=${2 * PIECE_BYTES}-`]);
    expect(
      readFileSync(shop.at("killed/current/noise")).equals(readFileSync(shop.at("large/noise"))),
    ).toBe(true);
  });

  it("that finds nobody says what to look at", async () => {
    const { exitCode, stderr } = await shop.run([
      "install",
      "http://nowhere.invalid/class",
      "--root",
      "none",
    ]);
    expect(exitCode).toBe(1);
    expect(stderr).toMatch(
      /^infield: http:\/\/nowhere\.invalid\/class\/channel\.json cannot be (found|reached) \(.*\) \(upstream-failed\)\n {2}check /,
    );
  });

  it("refuses an address that is none, as --upstream does", async () => {
    for (const address of [
      "http://",
      "https://user:secret@example.org/",
      "http://example.org/?class=4b",
    ]) {
      expect(await shop.refuse("install", address, "--root", "none")).toMatchObject({
        exitCode: 2,
      });
      expect(await shop.refuse("agent", "--root", "none", "--upstream", address)).toMatchObject({
        exitCode: 2,
      });
    }
    expect(await shop.refuse("agent", "--root", "none", "--upstream", "repo")).toMatchObject({
      error: { code: "usage", message: '"repo" is not the address of a repository' },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });
});

/** The first bytes of a file are no holes any more. */
async function untilHolds(path: string, bytes: number): Promise<void> {
  for (;;) {
    const held = existsSync(path) ? readFileSync(path).subarray(0, bytes) : Buffer.alloc(0);
    if (held.length === bytes && held.subarray(-16).some((byte) => byte !== 0)) return;
    await new Promise((resolve) => setImmediate(resolve));
  }
}
