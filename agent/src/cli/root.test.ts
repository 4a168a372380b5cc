import { execFileSync } from "node:child_process";
import { chmodSync, rmSync, writeFileSync } from "node:fs";
import { macOf, queryGroup, releaseGroup } from "@infield/shared/announce";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ClassWorkshop, openClassWorkshop } from "./testing/class-workshop.ts";
import { describeFolder } from "./testing/workshop.ts";

let shop: ClassWorkshop;
beforeAll(async () => {
  shop = await openClassWorkshop();
});
afterAll(() => shop.close());

describe("a root", () => {
  beforeAll(async () => {
    // One release after the other, as a laptop of a class gets them: only then is there something
    // to go back to.
    const first = shop.at("repo first");
    execFileSync("cp", ["-a", shop.at("repo"), first]);
    rmSync(`${first}/releases/2.json`);
    await shop.ask("install", "repo first", "--root", "grown");
    await shop.ask("install", "repo", "--root", "grown");
  });

  it("says what it holds", async () => {
    expect(await shop.ask("status", "--root", "grown")).toMatchObject({
      channel: shop.channel,
      name: "Class 4b",
      current: 2,
      previous: 1,
      versions: [1, 2],
      confirmed: true,
    });
    const { stdout } = await shop.run(["status", "--root", "grown"]);
    expect(stdout).toMatch(/^in use +version 2\n/);
    expect(stdout).toMatch(/^agent +does not run$/m);
  });

  it("says what a release waits for, until it is installed", async () => {
    const note = (version: number) =>
      writeFileSync(
        shop.at("grown/waiting.json"),
        JSON.stringify({ version, waitsFor: "charger", minutes: 5 }),
      );
    note(3);
    expect((await shop.run(["status", "--root", "grown"])).stdout).toMatch(
      /^waits +version 3 is there, and waits for the charger; `infield update` takes it now$/m,
    );
    expect(await shop.ask("status", "--root", "grown")).toMatchObject({ waiting: { version: 3 } });
    note(2);
    expect((await shop.run(["status", "--root", "grown"])).stdout).not.toMatch(/^waits/m);
    rmSync(shop.at("grown/waiting.json"));
  });

  it("names the groups that its laptop waits on, and what wakes its card", async () => {
    const groups = await shop.ask("groups", "--root", "grown");
    const urgent = macOf(releaseGroup(shop.channel, 3, true));
    expect(groups).toMatchObject({
      version: 3,
      groups: {
        normal: releaseGroup(shop.channel, 3, false),
        urgent: {
          mac: urgent,
          wowlan: `iw phy PHY wowlan enable patterns ${urgent.ipv6} ${urgent.ipv4}`,
        },
        query: queryGroup(shop.channel),
      },
      ethtool: "ethtool -s IFACE wol um",
    });
    expect(await shop.ask("groups", "--root", "grown", "--version", "7")).toMatchObject({
      version: 7,
      groups: { normal: releaseGroup(shop.channel, 7, false) },
    });
    const { stdout } = await shop.run(["groups", "--root", "grown"]);
    expect(stdout).toMatch(/^this laptop waits for version 3, and listens on\n {2}normal {2}ff12:/);
    expect(stdout).toContain(
      `\n  Wi-Fi   iw phy PHY wowlan enable patterns ${urgent.ipv6} ${urgent.ipv4}\n`,
    );
  });

  it("is verified byte by byte: every difference is named, with exit code 3", async () => {
    expect(await shop.ask("verify", "--root", "grown")).toMatchObject({
      version: 2,
      differences: [],
    });
    expect(await shop.ask("verify", "--root", "grown", "--version", "1")).toMatchObject({
      version: 1,
    });
    expect(await shop.refuse("verify", "--root", "grown", "--version", "3")).toMatchObject({
      error: { code: "unknown-release", message: "version 3 is not installed" },
    });
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
    expect(plain.stdout).toContain("`infield doctor --root grown --repair`");
    expect(JSON.parse(stdout).root).toBe(shop.at("grown"));
  });

  it("is not called whole by install when it is damaged, which says how to repair it; and that repairs it", async () => {
    const root = shop.at("grown");
    expect(await shop.refuse("install", "repo", "--root", "grown")).toMatchObject({
      exitCode: 1,
      error: {
        code: "snapshot-damaged",
        message: expect.stringContaining('"README" (bytes)'),
        hint: `mend it: infield doctor --root ${root} --repair --from repo`,
      },
    });
    expect(await shop.ask("doctor", "--root", "grown", "--repair", "--from", "repo")).toMatchObject(
      {
        problems: [],
      },
    );
    expect(await shop.ask("install", "repo", "--root", "grown")).toMatchObject({
      from: 2,
      version: 2,
    });
    expect(await shop.ask("verify", "--root", "grown")).toMatchObject({
      version: 2,
      differences: [],
    });
  });

  it("goes back to the version before, and stays there", async () => {
    expect(await shop.ask("rollback", "--root", "grown")).toMatchObject({
      version: 1,
      left: 2,
      held: 2,
    });
    expect(describeFolder(shop.at("grown/current/."))).toEqual(describeFolder(shop.at("v1")));
    expect(await shop.ask("status", "--root", "grown")).toMatchObject({ current: 1, held: 2 });
    expect(await shop.refuse("rollback", "--root", "grown")).toMatchObject({
      exitCode: 1,
      error: { code: "nothing-to-roll-back" },
    });
  });

  it.each(["status", "verify", "rollback", "groups", "sleep", "wake"])(
    "that is none is refused by %s",
    async (command) => {
      expect(await shop.refuse(command, "--root", "v1")).toMatchObject({
        exitCode: 1,
        error: { code: "not-a-root" },
      });
    },
  );
});
