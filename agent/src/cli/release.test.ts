import { execFileSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClassWorkshop, openClassWorkshop } from "./testing/class-workshop.ts";
import { describeFolder } from "./testing/workshop.ts";

let shop: ClassWorkshop;
beforeAll(async () => {
  shop = await openClassWorkshop();
});
afterAll(() => shop.close());

describe("channel create", () => {
  it("makes a key for its owner's eyes only, and says what comes next", async () => {
    const { exitCode, stdout } = await shop.run([
      "channel",
      "create",
      "Other",
      "-d",
      "other",
      "--key",
      "other.key",
    ]);
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^channel [0-9a-f]{64}\n/);
    expect(stdout).toContain(
      "next: infield release create -d other --key other.key --tree FOLDER\n",
    );
    expect(statSync(shop.at("other.key")).mode & 0o777).toBe(0o600);
    expect(readdirSync(shop.at("other"))).toEqual(["channel.json"]);
  });

  it("refuses a key inside the repository, by any way", async () => {
    mkdirSync(shop.at("given"));
    symlinkSync("given", shop.at("shortcut"));
    for (const key of ["given/sub/key", "shortcut/key", "given/../given/key"]) {
      const failure = await shop.refuse("channel", "create", "X", "-d", "given", "--key", key);
      expect(failure).toMatchObject({ exitCode: 1, error: { code: "not-allowed" } });
    }
    expect(readdirSync(shop.at("given"))).toEqual([]);
  });

  it.each([
    ["too long", "x".repeat(81), "NAME is over 80 characters"],
    ["of two lines", "Class\n4b", "NAME holds control characters"],
  ])("refuses a name that is %s", async (_, name, message) => {
    const failure = await shop.refuse(
      "channel",
      "create",
      name,
      "-d",
      "new repo",
      "--key",
      "new.key",
    );
    expect(failure).toMatchObject({ exitCode: 2, error: { code: "usage", message } });
  });

  it("never replaces a key or a channel", async () => {
    const before = readFileSync(shop.at("class.key"), "utf8");
    expect(
      await shop.refuse("channel", "create", "X", "-d", "new repo", "--key", "class.key"),
    ).toMatchObject({
      exitCode: 1,
      error: { code: "already-exists" },
    });
    expect(
      await shop.refuse("channel", "create", "X", "-d", "repo", "--key", "new.key"),
    ).toMatchObject({
      exitCode: 1,
      error: { code: "already-exists" },
    });
    expect(readFileSync(shop.at("class.key"), "utf8")).toBe(before);
    expect([existsSync(shop.at("new repo")), existsSync(shop.at("new.key"))]).toEqual([
      false,
      false,
    ]);
  });
});

describe("release create", () => {
  it.each([
    [
      "a repository that is not there",
      ["-d", "nope"],
      1,
      '"nope" does not exist',
      "check the spelling",
    ],
    [
      "a repository that is a file",
      ["-d", "class.key"],
      2,
      '"class.key" is a file',
      "give a folder",
    ],
  ])("refuses %s", async (_, directory, exitCode, message, hint) => {
    const args = ["release", "create", ...directory, "--key", "class.key", "--tree", "v1"];
    expect(await shop.refuse(...args)).toMatchObject({ exitCode, error: { message, hint } });
  });

  it("twice at once signs two versions, and the later one says so", async () => {
    const create = ["channel", "create", "Twice", "-d", "twice", "--key", "twice.key"];
    expect((await shop.run(create)).exitCode).toBe(0);
    const ends = await Promise.all(
      ["v1", "v2"].map((tree) =>
        shop.run(["release", "create", "-d", "twice", "--key", "twice.key", "--tree", tree]),
      ),
    );
    expect(ends.map(({ exitCode }) => exitCode)).toEqual([0, 0]);
    expect(readdirSync(shop.at("twice/releases")).sort()).toEqual(["1.json", "2.json"]);
    expect(ends.map(({ stderr }) => stderr).join("")).toContain(
      "another command made version 1 meanwhile, so this release gets the next one",
    );
  });

  it("never ships the secret key or the repository, by whatever way they lie in the tree", async () => {
    mkdirSync(shop.at("home"));
    writeFileSync(shop.at("home/file"), "");
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("class.key"), shop.at("home")]);
    symlinkSync("home", shop.at("way home"));
    for (const [directory, key, tree, named] of [
      ["repo", "home/class.key", "home", "home/class.key"],
      ["repo", "way home/class.key", "home", "way home/class.key"],
      ["repo", "home/class.key", "way home", "home/class.key"],
      ["home/repo", "class.key", "home", "home/repo"],
      ["repo", "class.key", "repo", "repo"],
    ] as const) {
      const args = ["release", "create", "-d", directory, "--key", key, "--tree", tree];
      expect(await shop.refuse(...args)).toEqual({
        exitCode: 1,
        error: {
          code: "not-allowed",
          message: `"${named}" lies in the tree, which goes to every laptop`,
          hint: "keep the secret key and the repository outside of NEW",
        },
      });
    }
    expect(readdirSync(shop.at("home/repo/releases"))).toHaveLength(2);
  });

  it("makes the first release a full install, and the next what it was asked for", () => {
    expect(shop.recordOf(1)).toMatchObject({
      channel: shop.channel,
      version: 1,
      notes: { en: "the first" },
      urgent: false,
    });
    expect(shop.recordOf(1).blobs).toMatchObject([{ from: 0 }]);
    expect(shop.recordOf(2).blobs).toMatchObject([{ from: 1, base: shop.recordOf(1).tree }]);
    for (const { root, bytes } of [shop.recordOf(1), shop.recordOf(2)].flatMap(
      ({ blobs }) => blobs,
    )) {
      expect(statSync(shop.at("repo/blobs", root)).size).toBe(bytes);
    }
  });

  it("updates laptops at every release that has the tree of --from", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("back and forth")]);
    const again = ["release", "create", "-d", "back and forth", "--key", "class.key", "--tree"];
    await shop.ask(...again, "v1", "--from", "v2");
    const made = await shop.ask(...again, "v3", "--from", "v1");
    const [first, third] = made.blobs as { from: number; root: string }[];
    expect([first?.from, third?.from]).toEqual([1, 3]);
    expect(third?.root).toBe(first?.root);
  });

  it("keeps urgency, health check and notes from a file, in the language of the environment", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("repo copy")]);
    writeFileSync(shop.at("notes"), "ថ្មី\n");
    const args = ["release", "create", "-d", "repo copy", "--key", "class.key", "--tree", "v3"];
    const options = [
      "--urgent",
      "--health",
      "program",
      "--notes",
      "@notes",
      "--from",
      "v1",
      "--from",
      "empty",
    ];
    const { exitCode, stderr, stdout } = await shop.run([...args, ...options], {
      env: { LANG: "km_KH.UTF-8" },
    });
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(stdout).toMatch(
      /^version 3 of Class 4b: .+, urgent\n {2}from version 1 .+\n {2}full install /,
    );
    const file = JSON.parse(readFileSync(shop.at("repo copy/releases/3.json"), "utf8"));
    expect(JSON.parse(file.release.body)).toMatchObject({
      urgent: true,
      notes: { km: "ថ្មី" },
      health: { path: "program", seconds: 60 },
      blobs: [{ from: 1 }, { from: 0 }],
    });
  });

  it("warns when laptops will have to fetch everything", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("repo whole")]);
    const args = [
      "release",
      "create",
      "-d",
      "repo whole",
      "--key",
      "class.key",
      "--tree",
      "v3",
      "--json",
    ];
    const { exitCode, stdout, stderr } = await shop.run(args);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).blobs).toMatchObject([{ from: 0 }]);
    expect(stderr).toMatch(
      /^infield: without --from, laptops at version 2 have to fetch all of this release/,
    );
  });

  it.each([
    ["a tree that was never released as --from", ["--from", "v3"], "unknown-release"],
    ["a key of another channel", ["--key", "foreign.key"], "bad-signature"],
    ["a key file that is none", ["--key", "v1/README"], "key-invalid"],
    ["a health check that is no program of the tree", ["--health", "README"], "usage"],
    ["a repository without a channel", ["-d", "v1"], "repository-damaged"],
    ["notes that are not there", ["--notes", "@none"], "unreadable-file"],
  ])("refuses %s, and leaves the repository as it was", async (_, changes, code) => {
    if (!existsSync(shop.at("foreign.key"))) {
      await shop.ask("channel", "create", "Foreign", "-d", "foreign", "--key", "foreign.key");
    }
    const before = describeFolder(shop.at("repo"));
    const defaults = [
      ["-d", "repo"],
      ["--key", "class.key"],
      ["--tree", "v3"],
      ["--from", "v2"],
    ].filter(([name]) => name !== changes[0]);
    const { exitCode, error } = await shop.refuse(
      "release",
      "create",
      ...defaults.flat(),
      ...changes,
    );
    expect([error.code, exitCode]).toEqual([code, code === "usage" ? 2 : 1]);
    expect(describeFolder(shop.at("repo"))).toEqual(before);
  });
});
