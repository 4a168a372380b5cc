import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClassWorkshop, openClassWorkshop } from "../testing/class-workshop.ts";
import { noZips } from "../testing/machine.ts";
import { describeFolder } from "../testing/workshop.ts";

let shop: ClassWorkshop;
beforeAll(async () => {
  shop = await openClassWorkshop();
});
afterAll(() => shop.close());

describe("a first install that fails", () => {
  beforeAll(() => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("torn")]);
    rmSync(shop.at("torn/blobs"), { recursive: true });
  });

  it("leaves no root behind, or the folder that was there, empty", async () => {
    mkdirSync(shop.at("lent"));
    for (const root of ["fresh", "lent"]) {
      expect(await shop.refuse("install", "torn", "--root", root)).toMatchObject({
        exitCode: 1,
        error: { code: "repository-damaged" },
      });
    }
    expect(existsSync(shop.at("fresh"))).toBe(false);
    expect(readdirSync(shop.at("lent"))).toEqual([]);
  });

  it("leaves a root that follows no channel as it was, so that another can be installed", async () => {
    mkdirSync(shop.at("waiting"));
    const identity = { laptopId: "0123456789abcdef", token: "0123456789abcdef0123456789abcdef" };
    writeFileSync(shop.at("waiting/identity.json"), JSON.stringify(identity));
    expect((await shop.refuse("install", "torn", "--root", "waiting")).exitCode).toBe(1);
    expect(readdirSync(shop.at("waiting"))).toEqual(["identity.json"]);
    expect(JSON.parse(readFileSync(shop.at("waiting/identity.json"), "utf8"))).toEqual(identity);
    await shop.ask("channel", "create", "Other", "-d", "other class", "--key", "other class.key");
    await shop.ask(
      "release",
      "create",
      "-d",
      "other class",
      "--key",
      "other class.key",
      "--tree",
      "v1",
    );
    expect(await shop.ask("install", "other class", "--root", "waiting")).toMatchObject({
      pinned: true,
      version: 1,
    });
  });
});

describe("install", () => {
  it("takes the newest release by way of the ones before, and says which channel it follows now", async () => {
    const { exitCode, stdout, stderr } = await shop.run(["install", "repo", "--root", "laptop"]);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(/^version 2 of Class 4b is installed\n/);
    expect(stdout).toContain(`follows this channel from now on, and no other: ${shop.channel}\n`);
    expect(describeFolder(shop.at("laptop/current/."))).toEqual(describeFolder(shop.at("v2")));
  });

  it("takes a version back that fails the laptop's own check, and none that passes it", async () => {
    const install = ["install", "repo", "--root", "checked", "--health"];
    expect(await shop.refuse(...install, "exit 1")).toMatchObject({
      error: {
        code: "health-failed",
        message: expect.stringContaining("this laptop's own check (--health) says no"),
      },
    });
    expect(await shop.ask(...install, 'test "$INFIELD_NEW_VERSION" = 2')).toMatchObject({
      version: 2,
    });
  });

  it("has nothing to do the second time", async () => {
    const again = await shop.ask("install", "repo", "--root", "laptop");
    expect(again).toMatchObject({ from: 2, version: 2, pinned: false, channel: shop.channel });
  });

  it.skipIf(noZips !== undefined)(
    `takes a repository as a .zip${noZips ? ` (skipped: ${noZips})` : ""}`,
    async () => {
      execFileSync(
        "python3",
        ["-m", "zipfile", "-c", shop.at("repo.zip"), "channel.json", "releases", "blobs"],
        {
          cwd: shop.at("repo"),
        },
      );
      expect(
        await shop.ask("install", "repo.zip", "--root", "zipped", "--channel", shop.channel),
      ).toMatchObject({
        version: 2,
      });
      expect(describeFolder(shop.at("zipped/current/."))).toEqual(describeFolder(shop.at("v2")));
    },
  );

  it("refuses another channel than the one asked for, and makes no root for it", async () => {
    const other = "0".repeat(64);
    expect(
      await shop.refuse("install", "repo", "--root", "none", "--channel", other),
    ).toMatchObject({
      exitCode: 1,
      error: { code: "unknown-channel" },
    });
    expect(await shop.refuse("install", "repo", "--root", "none", "--channel", "x")).toMatchObject({
      exitCode: 2,
    });
    expect(await shop.refuse("install", "v1", "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "repository-damaged" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });

  it("refuses another channel than the one the root follows", async () => {
    await shop.ask("channel", "create", "Elsewhere", "-d", "elsewhere", "--key", "elsewhere.key");
    await shop.ask(
      "release",
      "create",
      "-d",
      "elsewhere",
      "--key",
      "elsewhere.key",
      "--tree",
      "v3",
    );
    const before = describeFolder(shop.at("laptop/current/."));
    expect(await shop.refuse("install", "elsewhere", "--root", "laptop")).toMatchObject({
      exitCode: 1,
      error: { code: "unknown-channel" },
    });
    expect(describeFolder(shop.at("laptop/current/."))).toEqual(before);
  });

  it("leaves out a release that was altered, and refuses when it was the last one", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("forged")]);
    const alter = (version: number) => {
      const path = shop.at(`forged/releases/${version}.json`);
      writeFileSync(
        path,
        readFileSync(path, "utf8").replace('\\"urgent\\":false', '\\"urgent\\":true'),
      );
    };
    alter(2);
    const { exitCode, stdout, stderr } = await shop.run([
      "install",
      "forged",
      "--root",
      "first only",
    ]);
    expect({ exitCode, stdout }).toEqual({
      exitCode: 0,
      stdout: expect.stringMatching(/^version 1 /),
    });
    expect(stderr).toMatch(
      /^infield: version 2 was left out: the release record has 0 of the 1 signatures/,
    );
    alter(1);
    expect(await shop.refuse("install", "forged", "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "bad-signature" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });

  it("refuses a blob that was damaged, and one that is not there", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("worn")]);
    const blob = shop.at("worn/blobs", shop.recordOf(1).blobs[0]?.root ?? "");
    const bytes = readFileSync(blob);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(blob, bytes);
    expect(await shop.refuse("install", "worn", "--root", "victim")).toMatchObject({
      exitCode: 1,
      error: { code: "blob-damaged" },
    });
    expect(existsSync(shop.at("victim"))).toBe(false);
    rmSync(blob);
    expect(await shop.refuse("install", "worn", "--root", "victim")).toMatchObject({
      error: { code: "repository-damaged" },
    });
  });

  it("refuses a repository without a release", async () => {
    await shop.ask("channel", "create", "Empty", "-d", "empty repo", "--key", "empty.key");
    expect(await shop.refuse("install", "empty repo", "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "unknown-release" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });
});
