import { execFileSync } from "node:child_process";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeHardTree } from "./testing/hard-tree.ts";
import { noZips } from "./testing/machine.ts";
import { describeFolder, openWorkshop, type Workshop } from "./testing/workshop.ts";

let shop: Workshop;
let channel: string;
beforeAll(async () => {
  shop = openWorkshop();
  for (const version of ["v1", "v2", "v3"]) {
    writeHardTree(shop.at(version), version);
    // Setuid files need --system to install, which has tests of its own.
    chmodSync(shop.at(version, "setuid"), 0o755);
  }
  const made = await shop.ask("channel", "create", "Class 4b", "-d", "repo", "--key", "class.key");
  channel = String(made.channel);
  await release("v1", "--notes", "the first");
  await release("v2", "--from", "v1");
});
afterAll(() => shop.close());

const release = (tree: string, ...more: string[]) =>
  shop.ask("release", "create", "-d", "repo", "--key", "class.key", "--tree", tree, ...more);
const refuse = async (...args: string[]) => {
  const { exitCode, stdout } = await shop.run([...args, "--json"]);
  return { exitCode, ...(JSON.parse(stdout) as { error: { code: string; message: string; hint: string } }) };
};
/** The signed record of a release, as the file says it. */
const recordOf = (version: number) =>
  JSON.parse(JSON.parse(readFileSync(shop.at("repo", `releases/${version}.json`), "utf8")).release.body);

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
    expect(stdout).toContain("next: infield release create -d other --key other.key --tree FOLDER\n");
    expect(statSync(shop.at("other.key")).mode & 0o777).toBe(0o600);
    expect(readdirSync(shop.at("other"))).toEqual(["channel.json"]);
  });

  it("refuses a key inside the repository, by any way", async () => {
    mkdirSync(shop.at("given"));
    symlinkSync("given", shop.at("shortcut"));
    for (const key of ["given/sub/key", "shortcut/key", "given/../given/key"]) {
      const failure = await refuse("channel", "create", "X", "-d", "given", "--key", key);
      expect(failure).toMatchObject({ exitCode: 1, error: { code: "not-allowed" } });
    }
    expect(readdirSync(shop.at("given"))).toEqual([]);
  });

  it.each([
    ["too long", "x".repeat(81), "NAME is over 80 characters"],
    ["of two lines", "Class\n4b", "NAME holds control characters"],
  ])("refuses a name that is %s", async (_, name, message) => {
    const failure = await refuse("channel", "create", name, "-d", "new repo", "--key", "new.key");
    expect(failure).toMatchObject({ exitCode: 2, error: { code: "usage", message } });
  });

  it("never replaces a key or a channel", async () => {
    const before = readFileSync(shop.at("class.key"), "utf8");
    expect(await refuse("channel", "create", "X", "-d", "new repo", "--key", "class.key")).toMatchObject({
      exitCode: 1,
      error: { code: "already-exists" },
    });
    expect(await refuse("channel", "create", "X", "-d", "repo", "--key", "new.key")).toMatchObject({
      exitCode: 1,
      error: { code: "already-exists" },
    });
    expect(readFileSync(shop.at("class.key"), "utf8")).toBe(before);
    expect([existsSync(shop.at("new repo")), existsSync(shop.at("new.key"))]).toEqual([false, false]);
  });
});

describe("release create", () => {
  it.each([
    ["a repository that is not there", ["-d", "nope"], 1, '"nope" does not exist', "check the spelling"],
    ["a repository that is a file", ["-d", "class.key"], 2, '"class.key" is a file', "give a folder"],
  ])("refuses %s", async (_, directory, exitCode, message, hint) => {
    const args = ["release", "create", ...directory, "--key", "class.key", "--tree", "v1"];
    expect(await refuse(...args)).toMatchObject({ exitCode, error: { message, hint } });
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
      expect(await refuse(...args)).toEqual({
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
    expect(recordOf(1)).toMatchObject({ channel, version: 1, notes: { en: "the first" }, urgent: false });
    expect(recordOf(1).blobs).toMatchObject([{ from: 0 }]);
    expect(recordOf(2).blobs).toMatchObject([{ from: 1, base: recordOf(1).tree }]);
    for (const { blobs } of [recordOf(1), recordOf(2)]) {
      expect(statSync(shop.at("repo/blobs", blobs[0].root)).size).toBe(blobs[0].bytes);
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
    expect(stdout).toMatch(/^release 3 of Class 4b: .+, urgent\n {2}from release 1 .+\n {2}full install /);
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
    const args = ["release", "create", "-d", "repo whole", "--key", "class.key", "--tree", "v3", "--json"];
    const { exitCode, stdout, stderr } = await shop.run(args);
    expect(exitCode).toBe(0);
    expect(JSON.parse(stdout).blobs).toMatchObject([{ from: 0 }]);
    expect(stderr).toMatch(/^infield: laptops at release 2 will have to fetch all of this one/);
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
    const { exitCode, error } = await refuse("release", "create", ...defaults.flat(), ...changes);
    expect([error.code, exitCode]).toEqual([code, code === "usage" ? 2 : 1]);
    expect(describeFolder(shop.at("repo"))).toEqual(before);
  });
});

describe("a first install that fails", () => {
  beforeAll(() => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("torn")]);
    rmSync(shop.at("torn/blobs"), { recursive: true });
  });

  it("leaves no root behind, or the folder that was there, empty", async () => {
    mkdirSync(shop.at("lent"));
    for (const root of ["fresh", "lent"]) {
      expect(await refuse("install", "torn", "--root", root)).toMatchObject({
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
    expect((await refuse("install", "torn", "--root", "waiting")).exitCode).toBe(1);
    expect(readdirSync(shop.at("waiting"))).toEqual(["identity.json"]);
    expect(JSON.parse(readFileSync(shop.at("waiting/identity.json"), "utf8"))).toEqual(identity);
    await shop.ask("channel", "create", "Other", "-d", "other class", "--key", "other class.key");
    await shop.ask("release", "create", "-d", "other class", "--key", "other class.key", "--tree", "v1");
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
    expect(stdout).toMatch(/^release 2 of Class 4b is installed\n/);
    expect(stdout).toContain(`follows this channel from now on, and no other: ${channel}\n`);
    expect(describeFolder(shop.at("laptop/current/."))).toEqual(describeFolder(shop.at("v2")));
  });

  it("has nothing to do the second time", async () => {
    const again = await shop.ask("install", "repo", "--root", "laptop");
    expect(again).toMatchObject({ from: 2, version: 2, pinned: false, channel });
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
      expect(await shop.ask("install", "repo.zip", "--root", "zipped", "--channel", channel)).toMatchObject({
        version: 2,
      });
      expect(describeFolder(shop.at("zipped/current/."))).toEqual(describeFolder(shop.at("v2")));
    },
  );

  it("refuses another channel than the one asked for, and makes no root for it", async () => {
    const other = "0".repeat(64);
    expect(await refuse("install", "repo", "--root", "none", "--channel", other)).toMatchObject({
      exitCode: 1,
      error: { code: "unknown-channel" },
    });
    expect(await refuse("install", "repo", "--root", "none", "--channel", "x")).toMatchObject({
      exitCode: 2,
    });
    expect(await refuse("install", "v1", "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "repository-damaged" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });

  it("refuses another channel than the one the root follows", async () => {
    await shop.ask("channel", "create", "Elsewhere", "-d", "elsewhere", "--key", "elsewhere.key");
    await shop.ask("release", "create", "-d", "elsewhere", "--key", "elsewhere.key", "--tree", "v3");
    const before = describeFolder(shop.at("laptop/current/."));
    expect(await refuse("install", "elsewhere", "--root", "laptop")).toMatchObject({
      exitCode: 1,
      error: { code: "unknown-channel" },
    });
    expect(describeFolder(shop.at("laptop/current/."))).toEqual(before);
  });

  it("leaves out a release that was altered, and refuses when it was the last one", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("forged")]);
    const alter = (version: number) => {
      const path = shop.at(`forged/releases/${version}.json`);
      writeFileSync(path, readFileSync(path, "utf8").replace('\\"urgent\\":false', '\\"urgent\\":true'));
    };
    alter(2);
    const { exitCode, stdout, stderr } = await shop.run(["install", "forged", "--root", "first only"]);
    expect({ exitCode, stdout }).toEqual({ exitCode: 0, stdout: expect.stringMatching(/^release 1 /) });
    expect(stderr).toMatch(/^infield: release 2 was left out: the release record has 0 of the 1 signatures/);
    alter(1);
    expect(await refuse("install", "forged", "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "bad-signature" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });

  it("refuses a blob that was damaged, and one that is not there", async () => {
    execFileSync("cp", ["-a", shop.at("repo"), shop.at("worn")]);
    const blob = shop.at("worn/blobs", recordOf(1).blobs[0].root);
    const bytes = readFileSync(blob);
    bytes[20] = (bytes[20] ?? 0) ^ 1;
    writeFileSync(blob, bytes);
    expect(await refuse("install", "worn", "--root", "victim")).toMatchObject({
      exitCode: 1,
      error: { code: "blob-damaged" },
    });
    expect(existsSync(shop.at("victim"))).toBe(false);
    rmSync(blob);
    expect(await refuse("install", "worn", "--root", "victim")).toMatchObject({
      error: { code: "repository-damaged" },
    });
  });

  it("refuses a repository without a release", async () => {
    await shop.ask("channel", "create", "Empty", "-d", "empty repo", "--key", "empty.key");
    expect(await refuse("install", "empty repo", "--root", "none")).toMatchObject({
      exitCode: 1,
      error: { code: "unknown-release" },
    });
    expect(existsSync(shop.at("none"))).toBe(false);
  });
});

describe("a root", () => {
  beforeAll(async () => {
    // One release after the other, as a laptop of a class gets them: only then is there something to go back to.
    const first = shop.at("repo first");
    execFileSync("cp", ["-a", shop.at("repo"), first]);
    rmSync(`${first}/releases/2.json`);
    await shop.ask("install", "repo first", "--root", "grown");
    await shop.ask("install", "repo", "--root", "grown");
  });

  it("says what it holds", async () => {
    expect(await shop.ask("status", "--root", "grown")).toMatchObject({
      channel,
      name: "Class 4b",
      current: 2,
      previous: 1,
      versions: [1, 2],
      confirmed: true,
    });
    const { stdout } = await shop.run(["status", "--root", "grown"]);
    expect(stdout).toMatch(/^in use +release 2\n/);
    expect(stdout).toMatch(/^agent +does not run$/m);
  });

  it("is verified byte by byte: every difference is named, with exit code 3", async () => {
    expect(await shop.ask("verify", "--root", "grown")).toMatchObject({ version: 2, differences: [] });
    const at = (name: string) => shop.at("grown/versions/2/tree", name);
    rmSync(at("readme"));
    writeFileSync(at("added"), "");
    chmodSync(at("program"), 0o700);
    rmSync(at("README"));
    writeFileSync(at("README"), "other bytes");
    execFileSync("mkfifo", [at("pipe")]);
    const { exitCode, stdout } = await shop.run(["verify", "--root", "grown", "--json"]);
    expect(exitCode).toBe(3);
    expect(JSON.parse(stdout).differences).toEqual([
      { path: "README", how: "bytes" },
      { path: "added", how: "extra" },
      { path: "pipe", how: "extra" },
      { path: "program", how: "mode" },
      { path: "readme", how: "missing" },
    ]);
    const plain = await shop.run(["verify", "--root", "grown"]);
    expect(plain.exitCode).toBe(3);
    expect(plain.stdout).toContain('  "readme" is missing\n');
    expect(plain.stdout).toContain("`infield rollback --root grown`");
    expect(JSON.parse(stdout).root).toBe(shop.at("grown"));
  });

  it("is not called whole by install when it is damaged, which says how to repair it; and that repairs it", async () => {
    const root = shop.at("grown");
    expect(await refuse("install", "repo", "--root", "grown")).toMatchObject({
      exitCode: 1,
      error: {
        code: "snapshot-damaged",
        message: expect.stringContaining('"README" (bytes)'),
        hint: `go back with \`infield rollback --root ${root}\`, then \`infield resume --root ${root}\`, and install again`,
      },
    });
    await shop.ask("rollback", "--root", "grown");
    expect(await shop.ask("resume", "--root", "grown")).toMatchObject({ version: 1, released: 2 });
    expect(await shop.ask("install", "repo", "--root", "grown")).toMatchObject({ from: 1, version: 2 });
    expect(await shop.ask("verify", "--root", "grown")).toMatchObject({ version: 2, differences: [] });
  });

  it("goes back to the version before, and stays there", async () => {
    expect(await shop.ask("rollback", "--root", "grown")).toMatchObject({ version: 1, left: 2, held: 2 });
    expect(describeFolder(shop.at("grown/current/."))).toEqual(describeFolder(shop.at("v1")));
    expect(await shop.ask("status", "--root", "grown")).toMatchObject({ current: 1, held: 2 });
    expect(await refuse("rollback", "--root", "grown")).toMatchObject({
      exitCode: 1,
      error: { code: "nothing-to-roll-back" },
    });
  });

  it.each(["status", "verify", "rollback"])("that is none is refused by %s", async (command) => {
    expect(await refuse(command, "--root", "v1")).toMatchObject({
      exitCode: 1,
      error: { code: "not-a-root" },
    });
  });
});
